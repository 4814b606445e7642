"""The page with one domain, the folder REVIEW_DOMAIN, and an engine that refuses to open anything."""

import os

import streamlit as st

from apps.page.engine import Assistant, Engine
from apps.side_by_side import page
from core.domain import Domain, find_domain


def refuse(domain: Domain) -> Assistant:
    raise AssertionError(f"{domain.name} was opened")


def engine() -> Engine:
    return Engine(refuse)


if __name__ == "__main__":
    page(st.cache_resource(engine)(), [find_domain(os.environ["REVIEW_DOMAIN"])])
