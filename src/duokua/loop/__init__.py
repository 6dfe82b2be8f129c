"""Rules, findings, cases, playbooks and clocks (闭环): 收集→分析→预警→管控→处置→核查→结案.

Packs say what is to be found and done; this app runs their rules, keeps one case for each subject
of a rule, and lets departments act on it in time. It knows no pack by name.
"""
