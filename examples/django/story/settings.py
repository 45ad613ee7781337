"""What the story needs to know, read from the Keywright configuration it runs against."""

import tomllib
from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Client:
    """A client that is registered at Keywright."""

    client_id: str
    client_secret: str


@dataclass(frozen=True, repr=False)
class Settings:
    """Where things are and who takes part."""

    issuer: str
    port: int
    site: Client
    robot: Client
    login: str
    password: str
    claims: dict
    notes_api: str
    archive_api: str


def read(configuration, issuer, port):
    """Settings from a keywright.toml; `issuer` wins over the one in the file."""
    with open(configuration, "rb") as file:
        document = tomllib.load(file)
    clients = {
        each["client_id"]: Client(each["client_id"], each["client_secret"])
        for each in document["clients"]
    }
    resources = {each["name"]: each["identifier"] for each in document["resources"]}
    user = document["users"][0]
    return Settings(
        issuer=issuer or document["issuer"],
        port=port,
        site=clients["notes-site"],
        robot=clients["notes-robot"],
        login=user["login"],
        password=user["password"],
        claims=user["claims"],
        notes_api=resources["Notes"],
        archive_api=resources["Archive"],
    )
