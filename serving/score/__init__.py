"""Scores every image below a folder and writes one CSV row for each."""
