"""Mistakes that cosmic-ray's own operators do not make: a condition, a lock or a statement that is left out, an order turned round.

One class is one kind of mistake. parso's tree, which they change, names its nodes as Python's grammar does. Positions are lists and not generators,
because cosmic-ray asks for the next position after it has changed the node.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Example, Operator
from parso.python.tree import Keyword, Name, PythonNode, String

Position = tuple[tuple[int, int], tuple[int, int]]


class DropKeywordArgument(Operator):
    """`filter(active=True, sip=sip)` -> `filter(sip=sip)`."""

    def mutation_positions(self, node: Any) -> list[Position]:
        return [(argument.start_pos, argument.end_pos) for argument in _keyword_arguments(node)]

    def mutate(self, node: Any, index: int) -> Any:
        argument = list(_keyword_arguments(node))[index]
        holder = argument.parent
        at = holder.children.index(argument)
        if holder.type == "trailer":  # the only argument of its call
            del holder.children[at]
        elif at + 1 < len(holder.children):  # with the comma behind it
            del holder.children[at : at + 2]
        else:
            del holder.children[at - 1 : at + 1]
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return _examples(
            ("f(a=1)", "f()"), ("f(x, a=1)", "f(x)"), ("f(a=1, b=2)", "f( b=2)"), ("f(a=1, b=2)", "f(a=1)", 1)
        )


class DropCallOfChain(Operator):
    """`rows.select_for_update().filter(active=True)` -> `rows.filter(active=True)`."""

    def mutation_positions(self, node: Any) -> list[Position]:
        return [(node.children[at].start_pos, node.children[at + 1].end_pos) for at in _called_methods(node)]

    def mutate(self, node: Any, index: int) -> Any:
        at = list(_called_methods(node))[index]
        del node.children[at : at + 2]
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return _examples(("rows.locked().first()", "rows.first()"), ("rows.locked().first()", "rows.locked()", 1))


class DropStatement(Operator):
    """A statement that only calls something -> `pass`."""

    def mutation_positions(self, node: Any) -> list[Position]:
        calls = node.type == "simple_stmt" and node.children[0].type in {"atom_expr", "power"}
        return [(node.children[0].start_pos, node.children[0].end_pos)] if calls else []

    def mutate(self, node: Any, index: int) -> Any:
        statement = node.children[0]
        node.children[0] = Keyword("pass", statement.start_pos, prefix=statement.get_first_leaf().prefix)
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return _examples(
            ("if x:\n    f()\n", "if x:\n    pass\n"),
        )


class TurnOrderRound(Operator):
    """`order_by("-pk")` -> `order_by("pk")`, and back."""

    def mutation_positions(self, node: Any) -> list[Position]:
        return [(column.start_pos, column.end_pos) for column in _ordering_columns(node)]

    def mutate(self, node: Any, index: int) -> Any:
        column = list(_ordering_columns(node))[index]
        quote, name = column.value[0], column.value[1:-1]
        column.value = f"{quote}{name[1:] if name.startswith('-') else '-' + name}{quote}"
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return _examples(
            ("x.order_by('-pk')", "x.order_by('pk')"), ("x.order_by('voip', 'pk')", "x.order_by('voip', '-pk')", 1)
        )


class NegateMembership(Operator):
    """`in` -> `not in`, and back."""

    def mutation_positions(self, node: Any) -> list[Position]:
        found = node.type == "comparison" and _membership(node) is not None
        return [(node.start_pos, node.end_pos)] if found else []

    def mutate(self, node: Any, index: int) -> Any:
        at = _membership(node)
        assert at is not None
        word = node.children[at]
        to = "not in" if word.type == "keyword" else "in"
        node.children[at] = Keyword(to, word.start_pos, prefix=" ")
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return _examples(("a in b", "a not in b"), ("a not in b", "a in b"))


class Mistakes:
    """The provider of operators that cosmic-ray loads."""

    _operators: ClassVar = {
        each.__name__: each
        for each in (DropKeywordArgument, DropCallOfChain, DropStatement, TurnOrderRound, NegateMembership)
    }

    def __iter__(self) -> Iterator[str]:
        return iter(self._operators)

    def __getitem__(self, name: str) -> type[Operator]:
        return self._operators[name]


def check_examples() -> None:
    """Raises AssertionError where an operator contradicts its examples."""
    for operator in Mistakes._operators.values():
        for example in operator.examples():
            became = mutate_code(example.pre_mutation_code, operator(), example.occurrence)
            assert became == example.post_mutation_code, f"{operator.__name__}: {example} became {became!r}"


def _examples(*written: tuple[str, str] | tuple[str, str, int]) -> tuple[Example, ...]:
    return tuple(Example(was, became, *rest) for was, became, *rest in written)


def _keyword_arguments(node: Any) -> Iterator[PythonNode]:
    """Of one call: those written `name=value`."""
    if node.type != "trailer" or node.children[0].value != "(":
        return
    inner = node.children[1]
    candidates = inner.children if inner.type == "arglist" else [inner]
    for argument in candidates:
        if (
            argument.type == "argument"
            and argument.children[1].type == "operator"
            and argument.children[1].value == "="
        ):
            yield argument


def _called_methods(node: Any) -> Iterator[int]:
    """The positions in an expression where a `.name` is called."""
    if node.type not in {"atom_expr", "power"}:
        return
    for at in range(1, len(node.children) - 1):
        one, other = node.children[at : at + 2]
        if one.type == other.type == "trailer" and one.children[0].value == "." and other.children[0].value == "(":
            yield at


def _ordering_columns(node: Any) -> Iterator[String]:
    if node.type not in {"atom_expr", "power"}:
        return
    for at in _called_methods(node):
        name = node.children[at].children[1]
        if isinstance(name, Name) and name.value == "order_by":
            inner = node.children[at + 1].children[1]
            columns = inner.children if inner.type == "arglist" else [inner]
            yield from (column for column in columns if isinstance(column, String) and column.value[0] in "'\"")


def _membership(node: Any) -> int | None:
    for at, child in enumerate(node.children):
        words = child.get_code().split()
        if words in (["in"], ["not", "in"]):
            return at
    return None
