"""The static site: map, report, routes and open data in one folder that needs no server and no network."""
