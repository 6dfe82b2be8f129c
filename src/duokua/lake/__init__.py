"""Datasets, ingestion and statistics (数据湖): what arrives, under which contract, how much of it."""
