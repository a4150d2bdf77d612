"""The family page: which practice bases a family can walk to from a school, a community or its own door."""
