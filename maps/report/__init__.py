"""The planner's report: pages, a workbook and one-page briefs, written from a bundle alone."""
