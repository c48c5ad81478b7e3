//! Everything that the checks look at, gathered once all is whole again: what was asked, what the database has, what the engine has
//! and told, what each page heard.

use std::collections::{BTreeMap, BTreeSet};

use crate::ear::Heard;
use crate::engine::{Container, Happening};
use crate::person::Kept;
use crate::shapes::{FaultIs, Shape};
use crate::tables::Tables;

#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    pub(crate) installation: String,
    pub(crate) tables: Tables,
    pub(crate) containers: Vec<Container>,
    /// Desktops that have a home in the engine.
    pub(crate) homes: Vec<String>,
    pub(crate) networks: Vec<String>,
    pub(crate) happened: Vec<Happening>,
    /// Ports of running desktops, and whether a screen greeted there.
    pub(crate) greeted: BTreeMap<i64, bool>,
    pub(crate) people: Vec<Told>,
    pub(crate) pages: Vec<Page>,
    /// What else went wrong on the way: refusals, processes that ended by themselves or would not end.
    pub(crate) noted: Vec<String>,
    pub(crate) shape: Shape,
    /// Calls that were not answered, or with 5xx.
    pub(crate) unanswered: Vec<String>,
    pub(crate) made: BTreeSet<FaultIs>,
    /// Kinds of bad answers that the engine was told to give.
    pub(crate) answers: BTreeSet<&'static str>,
}

/// What a person asked for.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) user: String,
    pub(crate) desktops: Vec<Kept>,
}

/// What an open page heard.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) user: String,
    pub(crate) admin: bool,
    pub(crate) heard: Vec<Heard>,
}

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// In a word: lost, doubled, leaked …
    pub(crate) what: &'static str,
    pub(crate) detail: String,
}

pub(crate) fn finding(what: &'static str, detail: impl Into<String>) -> Finding {
    Finding { what, detail: detail.into() }
}
