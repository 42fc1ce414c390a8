"""Grammars of form fields: automata that steer the beam, and what the texts they allow mean."""

from crnn.read.decode.grammar.automaton import Automaton
from crnn.read.decode.grammar.choose import Choice, NBest, choose
from crnn.read.decode.grammar.crosscheck import Agreement, crosscheck
from crnn.read.decode.grammar.field import Field
from crnn.read.decode.grammar.fieldtype import FieldType, Value
from crnn.read.decode.grammar.types import FIELD_TYPES
from crnn.read.decode.grammar.wishes import compile_grammar

__all__ = [
    "FIELD_TYPES",
    "Agreement",
    "Automaton",
    "Choice",
    "Field",
    "FieldType",
    "NBest",
    "Value",
    "choose",
    "compile_grammar",
    "crosscheck",
]
