"""Indicators, races and the challenge board (赛马与揭榜挂帅). Empty as yet."""
