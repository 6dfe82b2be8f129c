"""Rules, cases, playbooks and clocks (闭环). Empty as yet."""
