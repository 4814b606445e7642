"""Imported by the server that forks the children: what each would otherwise load anew."""

from tests.durability.kills import warm

warm()
