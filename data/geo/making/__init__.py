"""How the data set is made from gathered material."""
