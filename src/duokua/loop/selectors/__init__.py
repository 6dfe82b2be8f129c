"""Reads of the loop: packs as they were adopted, who may do what, lists, whole cases, figures."""
