"""A way to an error as a program of its own, which readers paste: no kit, no lab.

What the methods of the kit do is written out for one kind of socket, with nothing left
of the other kinds; what the lab's networks do becomes commands of ip-link(8) and
nft(8), in a network that the program makes for itself.
"""

import ast
import copy
import inspect
import io
import re
import textwrap
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from evidence.errors import Kind
from lab.errors import kit as kit_module
from lab.errors.kit import IPV6, UNIX, Kit
from lab.isolation import networks

Scope = Mapping[str, ast.expr]  # what the names of a method stand for in the program

LIBC = "libc = ctypes.CDLL(None, use_errno=True)\n"
PRIVATE = """
# A network of its own, which ends with the program: nothing outside changes.
uid, gid = os.getuid(), os.getgid()
if libc.unshare(0x10000000 | 0x40000000):  # CLONE_NEWUSER | CLONE_NEWNET
    sys.exit(f"no network of its own: {os.strerror(ctypes.get_errno())}")
Path("/proc/self/setgroups").write_text("deny")
Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
Path("/proc/self/gid_map").write_text(f"0 {gid} 1")


def run(command):
    path = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    subprocess.run(command, shell=True, check=True, env=path)


run("ip link set lo up")
"""
FOLDER = "os.chdir(tempfile.mkdtemp())\n"
IMPORTS = (
    *("ctypes", "os", "resource", "select", "socket", "struct", "subprocess", "sys"),
    "tempfile",
)
IMPORTED_FROM = {"suppress": "contextlib", "Path": "pathlib"}


def text(statements: Sequence[ast.stmt], kind: Kind, exception: str) -> str:
    """The program: it prints the error, applies the cure, and says so.

    statements: of a way, docstring left out. exception: the class that is caught.
    """
    writer = Writer(kind, exception, statements)
    [call] = filter(fails, statements)
    at = statements.index(call) + 1
    code = written(writer.block(statements[:at], {}))
    if cure := writer.block(statements[at:], {}):
        code += "\n# The cure:\n" + written(cure) + 'print("cured")\n'
    parts = [LIBC] if "libc" in code or writer.private else []
    parts += [PRIVATE] if writer.private else []
    if writer.kit.family == UNIX or re.search(r"\b(Path\(\"(?!/)|os\.open)", code):
        parts.append(FOLDER)
    whole = "".join([*parts, "\n" if parts else "", code])
    spaced = re.sub(r"(?m)^try:", "\ntry:", whole)
    return "".join([*imports(whole), "\n", spaced])


def imports(code: str) -> Iterator[str]:
    """The lines that import what a program names."""
    names = {
        node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)
    }
    yield from (f"import {name}\n" for name in IMPORTS if name in names)
    for name, module in IMPORTED_FROM.items():
        if name in names:
            yield f"from {module} import {name}\n"


def written(body: list[ast.stmt]) -> str:
    """The text of statements; one that is a string beginning with # is a comment."""
    module = ast.fix_missing_locations(ast.Module(body, []))
    code = re.sub(r"(?m)^( *)'(# .*)'$", r"\1\2", ast.unparse(module))
    return double_quoted(code) + "\n"


def double_quoted(code: str) -> str:
    """Strings in double quotes, as the site has them."""
    lines = code.splitlines(keepends=True)
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(code).readline))):
        if token.type == tokenize.STRING and not {'"', "\\'"} & {*token.string}:
            (row, first), (_, last) = token.start, token.end
            line, changed = lines[row - 1], token.string.replace("'", '"')
            lines[row - 1] = line[:first] + changed + line[last:]
    return "".join(lines)


def fails(statement: ast.stmt) -> bool:
    """Whether it is `with kit.fails()`.

    >>> fails(ast.parse("with kit.fails(): call()").body[0])
    True
    """
    return (
        isinstance(statement, ast.With)
        and ast.unparse(statement.items[0].context_expr) == "kit.fails()"
    )


def method_of(node: ast.AST) -> str | None:
    """The method of the kit that an expression calls, or None."""
    match node:
        case ast.Call(ast.Attribute(ast.Name("kit" | "self"), name)) if name in METHODS:
            return name
    return None


def stored(statements: Iterable[ast.stmt]) -> list[str]:
    """The names to which statements assign, each once, in order."""
    nodes = (node for one in statements for node in ast.walk(one))
    names = (node for node in nodes if isinstance(node, ast.Name))
    return list(dict.fromkeys(n.id for n in names if isinstance(n.ctx, ast.Store)))


METHODS: dict[str, ast.FunctionDef] = {
    node.name: node
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(Kit))))
    if isinstance(node, ast.FunctionDef)
}
# What the names of lab.errors.kit are in a program.
CONSTANTS = {
    "IPV4": "socket.AF_INET",
    "IPV6": "socket.AF_INET6",
    "UNIX": "socket.AF_UNIX",
    "STREAM": "socket.SOCK_STREAM",
    "DGRAM": "socket.SOCK_DGRAM",
}


class Writer:
    """Writes the statements of one way for one kind of socket."""

    def __init__(self, kind: Kind, exception: str, way: Sequence[ast.stmt]) -> None:
        self.kit = Kit(kind)
        known = "socket.gaierror" if exception == "gaierror" else exception
        self.exception = known
        self.taken = set(stored(way))
        self.private = False

    def fresh(self, name: str) -> str:
        """A name that the program does not have yet: that one, or with a number."""
        number, found = 1, name
        while found in self.taken:
            number += 1
            found = f"{name}{number}"
        self.taken.add(found)
        return found

    def block(self, statements: Iterable[ast.stmt], scope: Scope) -> list[ast.stmt]:
        """Statements, written out."""
        return [new for one in statements for new in self.statement(one, scope)]

    def statement(self, one: ast.stmt, scope: Scope) -> list[ast.stmt]:
        """One statement, written out: none or more."""
        match one:
            case ast.Expr(ast.Constant()) | ast.AugAssign():
                return []
            case ast.With() if fails(one):
                return self.failing(one, scope)
            case ast.With(items, body):
                held, context = self.expression(items[0].context_expr, scope)
                return [
                    *held,
                    ast.With([ast.withitem(context)], self.block(body, scope)),
                ]
            case ast.While(test, body):
                return [ast.While(test, self.block(body, scope), [])]
            case ast.If(test, body, orelse):
                return self.choice(test, body, orelse, scope)
            case ast.For(ast.Name(item), ast.Name(items)):
                values = scope[items]
                assert isinstance(values, ast.Tuple)
                rounds = [{**scope, item: value} for value in values.elts]
                return [new for now in rounds for new in self.block(one.body, now)]
            case ast.Assign([ast.Tuple(targets)], ast.Tuple(values)):
                pairs = zip(targets, values, strict=True)
                parts = [ast.Assign([target], value) for target, value in pairs]
                return self.block(parts, scope)
            case ast.Assign([target], value):
                return self.assignment(target, value, scope)
            case ast.Expr(ast.Call(ast.Attribute(ast.Name(module), name)) as call) if (
                module in ("networks", "namespace")
            ):
                return self.network(name, call, scope)
            case ast.Expr(value) if "self.held" in ast.unparse(value):
                return []
            case ast.Expr(value) if method := method_of(value):
                assert isinstance(value, ast.Call)
                return self.call(method, value, scope)[0]
            case ast.Expr(value):
                before, made = self.expression(value, scope)
                return [*before, ast.Expr(made)]
            case ast.Raise(exc) if exc:
                before, made = self.expression(exc, scope)
                return [*before, ast.Raise(made)]
        raise TypeError(f"no rule for {ast.unparse(one)!r}: lab/errors/programs.py")

    def failing(self, one: ast.With, scope: Scope) -> list[ast.stmt]:
        """The call that fails, its error printed; a comment where the cure begins."""
        [call] = one.body
        assert isinstance(call, ast.Expr)
        before, made = self.expression(call.value, scope)
        caught = ast.parse(
            f"try:\n    pass\nexcept {self.exception} as error:\n"
            "    print(type(error).__name__, error, sep=': ')"
        ).body[0]
        assert isinstance(caught, ast.Try)
        caught.body = [ast.Expr(made)]
        return [*before, caught]

    def choice(
        self,
        test: ast.expr,
        body: list[ast.stmt],
        orelse: list[ast.stmt],
        scope: Scope,
    ) -> list[ast.stmt]:
        """An `if`: of one about the kind of socket only the branch that is taken."""
        known = self.known(test)
        if known is not None:
            return self.block(body if known else orelse, scope)
        before, made = self.expression(test, scope)
        inner = self.block(body, scope), self.block(orelse, scope)
        return [*before, ast.If(made, *inner)]

    def known(self, test: ast.expr) -> bool | None:
        """What a test gives that asks for nothing but the kind; None for others."""
        names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
        if not names <= {"kit", "self", *CONSTANTS}:
            return None
        both = {"kit": self.kit, "self": self.kit}
        return bool(eval(ast.unparse(test), vars(kit_module) | both))

    def assignment(
        self, target: ast.expr, value: ast.expr, scope: Scope
    ) -> list[ast.stmt]:
        """`target = value`; what a method of the kit returns gets the target's name."""
        if scope:
            target = self.expression(target, scope)[1]
        wanted: list[str | None] = []
        called = value
        match target, value:
            case ast.Name(name), ast.Subscript(inner, ast.Constant(int(at))) if (
                method_of(inner)
            ):
                wanted, called = [*[None] * at, name], inner
            case ast.Name(name), _:
                wanted = [name]
            case ast.Tuple(names), _:
                told = [ast.unparse(each) for each in names]
                wanted = [None if each == "_" else each for each in told]
        if method := method_of(called):
            assert isinstance(called, ast.Call)
            single = isinstance(target, ast.Name) and called is value
            before, made = self.call(method, called, scope, wanted, single)
            if made is None or not single or ast.unparse(made) == wanted[0]:
                return before
            return [*before, ast.Assign([target], made)]
        before, made = self.expression(value, scope)
        return [*before, ast.Assign([target], made)]

    def expression(
        self, node: ast.expr, scope: Scope
    ) -> tuple[list[ast.stmt], ast.expr]:
        """An expression, and the statements that must come before it."""
        inliner = Inliner(self, scope)
        made = inliner.visit(copy.deepcopy(node))
        return inliner.before, made

    def call(
        self,
        name: str,
        call: ast.Call,
        scope: Scope,
        wanted: Sequence[str | None] = (),
        single: bool = False,
    ) -> tuple[list[ast.stmt], ast.expr | None]:
        """A method of the kit, written out: its statements, and what it returns.

        wanted: the names for what it returns, None where any will do; single: they
        are one name for all of it.
        """
        method = METHODS[name]
        before, inner = self.bound(method, call, scope)
        body = method.body
        returned = body[-1].value if isinstance(body[-1], ast.Return) else None
        parts = [returned] if single or not isinstance(returned, ast.List) else []
        if isinstance(returned, ast.List):
            parts = list(returned.elts)
        for part, wish in zip(parts, wanted, strict=False):
            if isinstance(part, ast.Name) and wish:
                inner[part.id] = ast.Name(wish)
        for local in stored(body):
            if local not in inner:
                inner[local] = ast.Name(self.fresh(local))
        statements = self.block(body[:-1] if returned else body, inner)
        made = None
        if returned:
            more, made = self.expression(returned, inner)
            statements += more
        return [*before, *statements], made

    def bound(
        self, method: ast.FunctionDef, call: ast.Call, scope: Scope
    ) -> tuple[list[ast.stmt], dict[str, ast.expr]]:
        """What the parameters of a method stand for, and what must come before."""
        before: list[ast.stmt] = []
        values: list[ast.expr] = []
        for argument in call.args:
            match argument:
                case ast.Starred(ast.Name(name)):
                    given = scope[name]
                    assert isinstance(given, ast.Tuple)
                    values += given.elts
                case _:
                    more, made = self.expression(argument, scope)
                    before += more
                    values.append(made)
        told = method.args
        inner: dict[str, ast.expr] = {}
        names = [argument.arg for argument in told.args[1:]]
        defaults = dict(zip(reversed(names), reversed(told.defaults), strict=False))
        for name in names:
            inner[name] = values.pop(0) if values else defaults[name]
        for only, default in zip(told.kwonlyargs, told.kw_defaults, strict=True):
            assert default is not None
            inner[only.arg] = default
        if told.vararg:
            inner[told.vararg.arg] = ast.Tuple(values, ast.Load())
        for keyword in call.keywords:
            assert keyword.arg is not None
            more, inner[keyword.arg] = self.expression(keyword.value, scope)
            before += more
        return before, inner

    def address(self, host: str | None) -> ast.expr:
        """What Kit.free() gives."""
        return ast.parse(repr(self.kit.free(host)), mode="eval").body

    def network(self, name: str, call: ast.Call, scope: Scope) -> list[ast.stmt]:
        """The commands that do what the lab's networks do."""
        told = [self.value(argument, scope) for argument in call.args]
        named = {str(one.arg): self.value(one.value, scope) for one in call.keywords}
        lines = COMMANDS[name](*told, **named)
        self.private |= name not in ALONE
        return ast.parse("\n".join(lines)).body

    def value(self, node: ast.expr, scope: Scope) -> object:
        """What an argument of the lab's networks is."""
        both = {"kit": self.kit, "networks": networks}
        return eval(ast.unparse(node), vars(kit_module) | both)


class Inliner(ast.NodeTransformer):
    """Replaces the kit in an expression; what must come before it is in `before`."""

    def __init__(self, writer: Writer, scope: Scope) -> None:
        self.writer, self.scope = writer, scope
        self.before: list[ast.stmt] = []

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.scope:
            return copy.deepcopy(self.scope[node.id])
        if node.id in CONSTANTS:
            return ast.parse(CONSTANTS[node.id], mode="eval").body
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        match node:
            case ast.Attribute(ast.Name("kit" | "self"), "family" | "type" as name):
                named = (
                    n for n in CONSTANTS if getattr(kit_module, n) is self.of(name)
                )
                return ast.parse(CONSTANTS[next(named)], mode="eval").body
            case ast.Attribute(ast.Name("kit" | "self"), name):
                return ast.parse(repr(self.of(name)), mode="eval").body
        return self.generic_visit(node)

    def of(self, name: str) -> object:
        """An attribute of the kit."""
        return getattr(self.writer.kit, name)

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        known = self.writer.known(node.test)
        if known is None:
            return self.generic_visit(node)
        made: ast.AST = self.visit(node.body if known else node.orelse)
        return made

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """An element of a list that is written there: the element."""
        made = self.generic_visit(node)
        match made:
            case ast.Subscript(ast.List(values), ast.Constant(int(at))):
                return values[at]
            case ast.Subscript(ast.Tuple(values), ast.Constant(int(at))):
                return values[at]
        return made

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = method_of(node)
        if name is None:
            return self.generic_visit(node)
        if name == "free":
            host = self.visit(node.args[0]) if node.args else None
            return self.writer.address(host.value if host else None)
        before, made = self.writer.call(name, node, self.scope)
        self.before += before
        assert made is not None
        return made


def setting(path: str, value: str) -> list[str]:
    """Write a sysctl."""
    return [f"Path({'/proc/sys/' + path!r}).write_text({value!r})"]


def commands(*lines: str) -> list[str]:
    """Run commands."""
    return [f"run({line!r})" for line in lines]


def link(family: int, mtu: int | None = None) -> list[str]:
    """networks.link()."""
    size = f" mtu {mtu}" if mtu else ""
    return commands(
        f"ip link add cable{size} type veth peer cable-end",
        "ip link set cable-end up",
        "ip link set cable up",
        *with_route(family),
    )


def with_route(family: int) -> list[str]:
    """networks.set_route(), as commands."""
    checked = " nodad" if family == IPV6 else ""
    here = f"{networks.HERE[family]}/{networks.WIDTH[family]}"
    far = f"{networks.FAR_NETWORK[family]} via {networks.NEIGHBOUR[family]}"
    return [f"ip address replace {here} dev cable{checked}", f"ip route add {far}"]


def chain(hook: str, policy: str) -> list[str]:
    """A firewall without rules."""
    head = f"type filter hook {hook} priority 0; policy {policy};"
    return ["nft add table inet lab", f"nft 'add chain inet lab here {{ {head} }}'"]


def reject(code: int) -> list[str]:
    """networks.reject()."""
    known = {
        networks.PORT_UNREACHABLE: "port-unreachable",
        networks.ADMIN_PROHIBITED: "admin-prohibited",
    }
    rule = f"meta l4proto tcp reject with icmpx type {known[code]}"
    return commands(*chain("input", "accept"), f"nft add rule inet lab here {rule}")


def forbid_ports(bind: bool = False, connect: bool = False) -> list[str]:
    """networks.forbid_ports()."""
    rights = bind * networks.LANDLOCK_BIND_TCP | connect * networks.LANDLOCK_CONNECT_TCP
    create = f"{networks.LANDLOCK_CREATE_RULESET}, rights, len(rights), 0"
    return [
        "'# Landlock: landlock_create_ruleset(), no new privileges, restrict_self().'",
        f"rights = struct.pack('QQ', 0, {rights})",
        f"rules = libc.syscall({create})",
        f"libc.prctl({networks.PR_SET_NO_NEW_PRIVS}, 1, 0, 0, 0)",
        f"libc.syscall({networks.LANDLOCK_RESTRICT_SELF}, rules, 0)",
    ]


def mount(path: str, flags: int = 0, options: str = "") -> list[str]:
    """networks.mount()."""
    told = f"b'lab', {path.encode()!r}, b'tmpfs', {flags}, {options.encode()!r}"
    return [
        f"Path({path!r}).mkdir()",
        f"libc.unshare({networks.CLONE_NEWNS})",
        f"libc.mount({told})",
    ]


def give_up_capabilities() -> list[str]:
    """networks.give_up_capabilities()."""
    version = networks.CAPABILITY_VERSION_3
    return [
        "'# Give up the rights of root, capset(2): for others nothing changes.'",
        f"libc.capset(struct.pack('Ii', {version}, 0), bytes(24))",
    ]


COMMANDS: dict[str, Callable[..., list[str]]] = {
    "link": link,
    "new_address": lambda a: commands(f"ip address add {a}/64 dev cable"),
    "add_loopback_addresses": lambda addresses: commands(
        # First the route: the kernel adds its own at a moment of its choice.
        *(f"ip route add local {each} dev lo" for each in addresses),
        *(f"ip address add {each}/128 dev lo nodad" for each in addresses),
    ),
    "unplug": lambda: commands("ip link set cable down"),
    "plug": lambda family: commands("ip link set cable up", *with_route(family)),
    "close_route": lambda kind, family: commands(
        f"ip route add {kind} {networks.FAR[family]}"
    ),
    "open_route": lambda kind, family: commands(
        f"ip route delete {kind} {networks.FAR[family]}"
    ),
    "drop": lambda hook: commands(*chain(hook, "drop")),
    "reject": reject,
    "remove_firewall": lambda: commands("nft delete table inet lab"),
    "port_range": lambda first, last: setting(
        networks.PORT_RANGE.replace(".", "/"), f"{first} {last}"
    ),
    "write_sysctl": lambda name, value: setting(name.replace(".", "/"), value),
    "give_up_capabilities": give_up_capabilities,
    "forbid_ports": forbid_ports,
    "mount": mount,
}
ALONE = ("give_up_capabilities", "forbid_ports")  # need no network of their own
