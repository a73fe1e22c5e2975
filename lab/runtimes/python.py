"""Python: its standard library, and the frameworks and servers from PyPI."""

import shlex

from lab.runtimes.registry import PORT, PYPI, PYTHON_BIN, Entry, Program

WSGI = """
def app(environ, start_response):
    start_response("200 OK", [])
    return [b"hello"]
"""
ASGI = """
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})
"""
DJANGO = """
import sys
from django.conf import settings
from django.core.management import execute_from_command_line

settings.configure(DEBUG=True, ROOT_URLCONF="urls", SECRET_KEY="not secret")
execute_from_command_line(sys.argv)
"""
ASYNCIO = """
import asyncio

async def answer(reader, writer):
    writer.close()

async def main():
    server = await asyncio.start_server(answer, None, {port})
    await server.serve_forever()

asyncio.run(main())
"""


def standard(name: str, server: str = "", client: str = "") -> Entry:
    """A part of the standard library."""
    return Entry(
        f"Python {name}",
        "Python",
        "apt install python3",
        "python --version",
        server=as_file("server.py", server),
        client=as_file("client.py", client),
        path=(PYTHON_BIN,),
    )


def package(
    name: str, server: Program | str = "", client: str = "", called: str = ""
) -> Entry:
    """A package from PyPI. called: its name as a reader knows it."""
    known = f"from importlib.metadata import version; print(version({name!r}))"
    return Entry(
        called or name,
        "Python packages",
        PYPI,
        shlex.join(["python", "-c", known]),
        server=server if isinstance(server, Program) else as_file("server.py", server),
        client=as_file("client.py", client),
        path=(PYTHON_BIN,),
    )


def as_file(name: str, text: str) -> Program | None:
    """A program of one file, run by Python."""
    return Program(f"python {name}", {name: text.format(port=PORT)}) if text else None


ENTRIES = [
    Entry(
        "Python http.server",
        "Python",
        "apt install python3",
        "python --version",
        server=Program("python -m http.server", {}),
        client=as_file(
            "client.py",
            """
from urllib.request import urlopen

urlopen("http://localhost:{port}/", timeout=5)
""",
        ),
        path=(PYTHON_BIN,),
    ),
    standard(
        "socketserver",
        """
import socketserver

with socketserver.TCPServer(("", {port}), socketserver.BaseRequestHandler) as server:
    server.serve_forever()
""",
    ),
    standard(
        "socket.create_server",
        """
import socket

with socket.create_server(("", {port})) as listener:
    while True:
        connection, peer = listener.accept()
""",
        """
import socket

socket.create_connection(("localhost", {port}), timeout=5)
""",
    ),
    standard(
        "asyncio",
        ASYNCIO,
        """
import asyncio

asyncio.run(asyncio.open_connection("localhost", {port}))
""",
    ),
    standard("asyncio, port 0", ASYNCIO.replace("{port}", "0")),
    package(
        "uvloop",
        ASYNCIO.replace("import asyncio", "import asyncio\nimport uvloop").replace(
            "asyncio.run(", "uvloop.run("
        ),
        """
import asyncio
import uvloop

uvloop.run(asyncio.open_connection("localhost", {port}))
""",
    ),
    package(
        "flask",
        Program(
            "flask run",
            {
                "app.py": """
from flask import Flask

app = Flask(__name__)
"""
            },
        ),
        called="Flask",
    ),
    package(
        "django",
        Program(
            "python manage.py runserver",
            {"manage.py": DJANGO, "urls.py": "urlpatterns = []\n"},
        ),
        called="Django runserver",
    ),
    package("gunicorn", Program("gunicorn app:app", {"app.py": WSGI})),
    package("waitress", Program("waitress-serve app:app", {"app.py": WSGI})),
    package("uvicorn", Program("uvicorn app:app", {"app.py": ASGI})),
    package("hypercorn", Program("hypercorn app:app", {"app.py": ASGI})),
    package("daphne", Program("daphne app:app", {"app.py": ASGI})),
    package("granian", Program("granian --interface asgi app:app", {"app.py": ASGI})),
    package(
        "sanic",
        Program(
            "sanic app.app",
            {
                "app.py": """
from sanic import Sanic

app = Sanic("app")

@app.get("/")
async def hello(request):
    return None
"""
            },
        ),
        called="Sanic",
    ),
    package(
        "aiohttp",
        """
from aiohttp import web

web.run_app(web.Application())
""",
        """
import asyncio
import aiohttp

async def main():
    async with aiohttp.ClientSession() as session:
        await session.get("http://localhost:{port}/")

asyncio.run(main())
""",
    ),
    package(
        "tornado",
        """
import asyncio
from tornado.web import Application

async def main():
    Application().listen({port})
    await asyncio.Event().wait()

asyncio.run(main())
""",
        """
import asyncio
from tornado.tcpclient import TCPClient

asyncio.run(TCPClient().connect("localhost", {port}))
""",
        called="Tornado",
    ),
    package(
        "twisted",
        """
from twisted.internet import protocol, reactor

reactor.listenTCP({port}, protocol.Factory.forProtocol(protocol.Protocol))
reactor.run()
""",
        """
from twisted.internet import endpoints, protocol, task

def main(reactor):
    there = endpoints.HostnameEndpoint(reactor, "localhost", {port})
    return endpoints.connectProtocol(there, protocol.Protocol())

task.react(main)
""",
        called="Twisted",
    ),
    package(
        "grpcio",
        """
from concurrent import futures
import grpc

server = grpc.server(futures.ThreadPoolExecutor())
server.add_insecure_port("[::]:50051")
server.start()
server.wait_for_termination()
""",
        """
import grpc

with grpc.insecure_channel("localhost:{port}") as channel:
    grpc.channel_ready_future(channel).result(timeout=3)
""",
        called="gRPC (grpcio)",
    ),
]
