//! Backup, restore and move, on both databases and across them.

mod damage;
mod moves;
mod odd;
mod restores;
mod schema;

use berth_shared::backup::file::{Item, Reader};
use berth_shared::backup::{self, BackupError, How, Restored, Value};
use berth_shared::domain::new_id;
use berth_shared::store::Db;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A file for a backup; it goes with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("berth-backup-{}", new_id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder.join("berth.backup"))
    }
}

impl std::ops::Deref for Scratch {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

async fn written(db: &Db) -> Scratch {
    let scratch = Scratch::new();
    let file = std::fs::File::create(&*scratch).unwrap();
    backup::write(db, file, None).await.unwrap();
    scratch
}

const NEW: How<'static> = How { replace: false, by: "test" };
const REPLACE: How<'static> = How { replace: true, by: "test" };

async fn restore(db: &Db, from: &Path, how: How<'_>) -> Result<Restored, BackupError> {
    let lock = db.lock_schema().await?;
    let restored = backup::restore(db, &lock, from, how).await;
    lock.release().await;
    restored
}

/// What is in it: each table's rows as text, in one order.
fn contents(path: &Path) -> BTreeMap<String, Vec<String>> {
    let mut reader = Reader::open(path).unwrap();
    let heads = reader.header().tables.clone();
    let (mut all, mut at) = (BTreeMap::new(), 0);
    while let Some(item) = reader.item().unwrap() {
        match item {
            Item::Table(table) => {
                at = table;
                all.insert(heads[at].name.clone(), Vec::new());
            }
            Item::Row(row) => {
                // By name: the order of columns is not the same on both.
                let named: BTreeMap<&str, &Value> =
                    heads[at].columns.iter().map(|column| column.name.as_str()).zip(&row).collect();
                all.get_mut(&heads[at].name).unwrap().push(serde_json::to_string(&named).unwrap());
            }
        }
    }
    all.values_mut().for_each(|rows| rows.sort());
    all
}
