"""Grammars of form fields: automata that steer the beam, and what the texts they allow mean."""

from crnn.decode.field_grammar import Value
from crnn.decode.rerank import Choice, NBest, choose
from crnn.fields.automata.automaton import Automaton
from crnn.fields.crosscheck import Agreement, crosscheck
from crnn.fields.field import Field
from crnn.fields.field_type import FieldType
from crnn.fields.field_types import FIELD_TYPES
from crnn.fields.grammar import Grammar, compile_grammar

__all__ = [
    "FIELD_TYPES",
    "Agreement",
    "Automaton",
    "Choice",
    "Field",
    "FieldType",
    "Grammar",
    "NBest",
    "Value",
    "choose",
    "compile_grammar",
    "crosscheck",
]
