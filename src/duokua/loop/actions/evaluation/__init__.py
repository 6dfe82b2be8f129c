"""Running the rules of packs (规则评估): reading, judging, findings, simulation, asking again."""

from duokua.loop.actions.evaluation.evaluating import evaluate_pack, run_info
from duokua.loop.actions.evaluation.once import ask_again, recompute
from duokua.loop.actions.evaluation.sentences import check_sentences
from duokua.loop.actions.evaluation.sessions import is_trusted
from duokua.loop.actions.evaluation.simulating import simulate_rule

__all__ = [
    "ask_again",
    "check_sentences",
    "evaluate_pack",
    "is_trusted",
    "recompute",
    "run_info",
    "simulate_rule",
]
