"""Taking in a job that was exported elsewhere."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.components import frame, job_follow, job_list
from app.components.job_follow import TROUBLE
from rdpd_core.jobs.transfer import import_job
from rdpd_core.jobs.words import PROGRAM

SAID = "jobs.imported"
MOST_MB = 200


def show() -> None:
    """Offer to import the file of a job, and say what became of the last one."""
    with st.popover("Import", icon=":material/unarchive:", help="A job that was exported here or on another machine"):
        file = st.file_uploader("File of a job (zip)", type="zip", max_upload_size=MOST_MB, key="jobs.file")
        told = "Its models go to the store, too; each is checked first, and none that is there is replaced"
        with_models = st.checkbox("Keep its models", value=True, help=told, key="jobs.file.models")
        st.button("Import", type="primary", disabled=file is None, on_click=_take, args=(file, with_models), key="jobs.take")
        frame.command(f"{PROGRAM} import FILE.zip{' --models' if with_models else ''}", "Does the same in a terminal")
    frame.tell_once(SAID)


def _take(file: UploadedFile, with_models: bool) -> None:
    from rdpd_core.jobs.filing import file_models

    desk = job_follow.desk()
    if desk is None:
        return
    try:
        job = import_job(file, desk.root)
        desk.rebuild()
        job_list.point_at("jobs", job)
        st.session_state[SAID] = ("done", "The job is here.")
        if with_models:
            kept = file_models(desk.job(job).folder, overwrite=False)
            st.session_state[SAID] = ("done", f"The job is here, and its {len(kept)} models are in the store.")
    except TROUBLE as error:
        st.session_state[SAID] = ("error", str(error))
