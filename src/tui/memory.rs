//! What the console remembers from run to run: how things were arranged, never what they were.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::layout::Split;
use super::model::Model;
use super::pane::Pane;
use super::table::{Grouping, Table};
use crate::domain::error::{Error, Result};

/// The form of the file.
const VERSION: u32 = 1;

/// How the console was arranged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Memory {
    pub version: u32,
    /// Percent of the width for the panes at the left; none: as much as suits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<u16>,
    /// Percent of the height for the containers over their details.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<u16>,
    pub zoomed: bool,
    /// The pane one was in.
    pub pane: String,
    pub panes: BTreeMap<String, PaneMemory>,
}

/// How one pane was arranged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PaneMemory {
    /// Chosen while the console ran; none: as configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// What was configured then: once that changes, it decides again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub configured: Vec<String>,
    pub sort: String,
    pub reversed: bool,
    pub wide: bool,
    pub group: String,
}

impl Memory {
    /// Read what was written.
    ///
    /// # Errors
    /// When it is nothing this version has written: it is best ignored, and said so.
    pub fn parse(text: &str) -> Result<Self> {
        let memory: Self = serde_json::from_str(text)
            .map_err(|e| Error::invalid("read how the console was arranged").with_source(e))?;
        if memory.version == VERSION {
            return Ok(memory);
        }
        let text = format!("it was written by another version ({})", memory.version);
        Err(Error::invalid(text))
    }

    /// As it is written.
    pub fn text(&self) -> String {
        // Nothing in it can fail to be written.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// How `model` is arranged.
    pub fn of(model: &Model) -> Self {
        let panes = Pane::ALL.into_iter().map(|pane| {
            let (table, configured) = (model.table(pane), model.setup.columns_of(pane));
            (pane.name().to_owned(), PaneMemory::of(table, configured))
        });
        Self {
            version: VERSION,
            side: model.split.side,
            top: model.split.top,
            zoomed: model.nav.zoomed,
            pane: model.nav.pane.name().to_owned(),
            panes: panes.collect(),
        }
    }

    /// Arrange `model` so; what it does not know stays.
    pub fn apply(&self, model: &mut Model) {
        model.split = Split {
            side: self.side.filter(|p| *p <= 100),
            top: self.top.filter(|p| *p <= 100),
        };
        if let Some(pane) = Pane::from_name(&self.pane) {
            model.nav.pane = pane;
            model.nav.zoomed = self.zoomed;
        }
        for pane in Pane::ALL {
            let configured = model.setup.columns_of(pane).to_vec();
            if let Some(memory) = self.panes.get(pane.name()) {
                memory.apply(model.table_mut(pane), &configured);
            }
        }
    }
}

impl PaneMemory {
    fn of(table: &Table, configured: &[String]) -> Self {
        let other = table.chosen_columns != configured;
        Self {
            columns: other.then(|| table.chosen_columns.clone()),
            configured: if other {
                configured.to_vec()
            } else {
                Vec::new()
            },
            sort: table.sort.name.to_string(),
            reversed: table.reversed,
            wide: table.wide,
            group: table.grouping.word().to_owned(),
        }
    }

    fn apply(&self, table: &mut Table, configured: &[String]) {
        if let Some(columns) = self
            .columns
            .as_ref()
            .filter(|_| self.configured == configured)
        {
            table.set_columns(columns);
        }
        table.sort_by(&self.sort, self.reversed);
        if self.wide != table.wide {
            table.toggle_wide();
        }
        if let Some(grouping) = Grouping::from_word(&self.group)
            && table.pane.groups().contains(&grouping)
        {
            table.grouping = grouping;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixture::Player;

    #[test]
    fn what_was_arranged_is_arranged_again() {
        let mut p = Player::new(160, 48);
        p.keys("2ooOwb>>4O+");
        let memory = Memory::of(&p.model);
        let again = Memory::parse(&memory.text()).unwrap();
        assert_eq!(again, memory);
        let mut other = Player::new(160, 48);
        assert_ne!(Memory::of(&other.model), memory);
        again.apply(&mut other.model);
        other.settle();
        assert_eq!(Memory::of(&other.model), memory);
        assert_eq!(other.model.nav.pane, Pane::Volumes);
        assert_eq!(other.screen(), p.screen());
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_what_is_unknown_none() {
        for bad in [
            "",
            "{",
            "[]",
            "{\"version\": 99}",
            "{\"version\": 1, \"panes\": 3}",
        ] {
            assert!(Memory::parse(bad).is_err(), "{bad}");
        }
        let odd = r#"{"version": 1, "pane": "zoo", "more": [], "side": 900,
            "panes": {"containers": {"sort": "nonsense", "columns": ["x"]}}}"#;
        let mut p = Player::new(120, 40);
        let before = p.screen();
        Memory::parse(odd).unwrap().apply(&mut p.model);
        p.settle();
        assert_ne!(p.screen(), before, "the columns are chosen");
        assert_eq!(p.model.nav.pane, Pane::Containers);
    }

    #[test]
    fn a_changed_configuration_decides_again() {
        let configured = |columns: &'static [&'static str]| {
            Player::with(160, 48, |o| {
                let columns = columns.iter().map(|c| (*c).to_owned()).collect();
                o.columns.insert("containers".to_owned(), columns);
            })
        };
        let mut p = configured(&["name", "cpu"]);
        p.model
            .table_mut(Pane::Containers)
            .set_columns(&["mem".to_owned()]);
        let memory = Memory::of(&p.model);
        let mut same = configured(&["name", "cpu"]);
        memory.apply(&mut same.model);
        assert_eq!(same.model.table(Pane::Containers).chosen_columns, ["mem"]);
        let mut other = configured(&["name", "image"]);
        memory.apply(&mut other.model);
        assert_eq!(
            other.model.table(Pane::Containers).chosen_columns,
            ["name", "image"]
        );
    }
}
