"""The program that takes the listing of the workers of sites over, as a district reviewed it before."""

from __future__ import annotations

LISTED = """
import django; django.setup()
import dataclasses
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.store import facade as store
body = dataclasses.replace(store.propose_listing("site_worker"), contact=Text("工程科", "Works office"),
                           phone="0571-1")
findings = store.Findings(state_secret=False, personal=True, important=False, level_right=True,
                          audience=store.Audience.DEPARTMENTS)
taken = store.TakenOver(dataset="site_worker", body=body, findings=findings, drafted_at=clock.now(),
                        shown_at=clock.now(), steward="s", security="x", head="h", bureau="b")
if not store.publish_listings([taken], by="system", now=clock.now()):
    from duokua.store.models import Listing  # another journey has withdrawn it
    Listing.objects.filter(id="site_worker").update(state="published", notice_until=None)
"""
