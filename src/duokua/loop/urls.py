"""Addresses of the workbench."""

from __future__ import annotations

from django.urls import path

from duokua.loop.views import board, case, desk, dossier, phone, quiet, saved

urlpatterns = [
    path("cases/", desk.desk, name="cases"),
    path("cases/board/", board.board, name="case_board"),
    path("cases/quiet/", quiet.quiet, name="quiet_hours"),
    path("cases/views/", saved.keep, name="keep_case_view"),
    path("cases/views/<int:view_id>/", saved.forget, name="forget_case_view"),
    path("cases/offline/", phone.offline, name="cases_offline"),
    path("cases/offline.js", phone.worker, name="cases_worker"),
    path("cases/sending/", phone.sending, name="case_sending"),
    path("cases/<str:number>/", case.case, name="case"),
    path("cases/<str:number>/live/", case.live, name="case_live"),
    path("cases/<str:number>/act/", case.act, name="case_act"),
    path("cases/<str:number>/evidence/", case.give, name="case_evidence"),
    path("cases/<str:number>/evidence/<str:evidence_id>/", case.content, name="case_content"),
    path(
        "cases/<str:number>/evidence/<str:evidence_id>/small/",
        case.thumbnail,
        name="case_thumbnail",
    ),
    path("cases/<str:number>/dossier.pdf", dossier.dossier, name="case_dossier"),
]
