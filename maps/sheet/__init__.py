"""Print sheets: the study map for the wall and the desk, one for the district, each subdistrict and each route."""
