"""Many districts in one run: a list of study folders, a part each, and the national tables put together of them."""
