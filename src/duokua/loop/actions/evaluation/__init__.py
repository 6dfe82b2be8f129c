"""Running the rules of packs (规则评估): reading, judging, findings, simulation."""
