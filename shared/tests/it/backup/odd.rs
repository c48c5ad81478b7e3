//! Rows that are hard to carry: three in each table, of odd texts, the largest and smallest numbers, and nulls wherever they may be.

use crate::claims::run;
use berth_shared::backup::{Type, of_table, tables::TABLES};
use berth_shared::store::{Db, Tx};
use sqlx::AssertSqlSafe;
use std::collections::HashMap;

/// Quotes, backslashes, line ends, the other kinds of letters, and a character outside the first plane.
pub(super) const TEXT: &str = "Zoë's \"quoted\" \\n \t line\r\nend 漢字 🛳 \u{202e}x\u{7f} [1,2] {\"a\":null} ";

pub(super) async fn fill(db: &Db) {
    for table in TABLES.iter().map(|table| table.name) {
        let nullable = nullable(db, table).await;
        // Events carry a transaction's number on one database; no backup has them. The other two have their one row already.
        if matches!(table, "events" | "queue_control" | "schema_needs") {
            continue;
        }
        let columns = of_table(&mut db.read().await.unwrap(), table).await.unwrap();
        for n in 0..if table == "installation" { 1 } else { 3 } {
            let cells: Vec<String> =
                columns.iter().map(|column| cell(table, &column.name, column.of, nullable[&column.name], n)).collect();
            let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            run(db, &format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), cells.join(", "))).await;
        }
    }
    run(db, "INSERT INTO events (user_id, kind, payload, at) VALUES ('id0', 'notice', '{}', 1)").await;
}

async fn nullable(db: &Db, table: &str) -> HashMap<String, bool> {
    let mut tx = db.read().await.unwrap();
    let rows: Vec<(String, bool)> = match &mut tx {
        Tx::Sqlite(tx) => {
            let sql = format!("SELECT name, \"notnull\" = 0 AND pk = 0 FROM pragma_table_info('{table}')");
            sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut **tx).await.unwrap()
        }
        Tx::Postgres(tx, _) => {
            let sql = format!(
                "SELECT column_name::text, is_nullable = 'YES' FROM information_schema.columns WHERE table_name = '{table}'"
            );
            sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut **tx).await.unwrap()
        }
    };
    rows.into_iter().collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn cell(table: &str, column: &str, of: Type, nullable: bool, n: usize) -> String {
    if let Some(text) = ruled(table, column, n) {
        return text;
    }
    // The row of nulls.
    if nullable && n == 1 {
        return "NULL".to_owned();
    }
    match of {
        Type::Text if column == "id" || column.ends_with("_id") => quoted(&format!("id{n}")),
        Type::Text if n == 2 && !unique(table, column) => "''".to_owned(),
        Type::Text => quoted(&format!("{TEXT}{n}")),
        Type::Integer => ["0".to_owned(), i64::MIN.to_string(), i64::MAX.to_string()][n].clone(),
        Type::Boolean => (n != 1).to_string(),
    }
}

fn unique(table: &str, column: &str) -> bool {
    ["_key", "_hash", "_token"].iter().any(|end| column.ends_with(end))
        || matches!((table, column), ("identities", "subject") | ("idempotency_keys", "key") | ("registries", "host"))
}

/// Where the schema has rules of its own, or a restore reckons with the number.
fn ruled(table: &str, column: &str, n: usize) -> Option<String> {
    let of = |words: [&str; 3]| Some(quoted(words[n]));
    match (table, column) {
        (_, "only_row" | "session_version") => Some("1".to_owned()),
        ("installation", "moved_to" | "moved_at") => Some("NULL".to_owned()),
        ("users", "role") => of(["user", "operator", "admin"]),
        ("users" | "groups", "max_desktops" | "max_streams") => {
            Some(["0", "NULL", "9223372036854775807"][n].to_owned())
        }
        ("templates", "kind") => of(["vnc", "web", "vnc"]),
        ("templates", "container_port") => Some(["1", "5900", "65535"][n].to_owned()),
        ("templates", "memory_mib" | "cpu_millis" | "pids" | "shm_mib") => {
            Some(["1", "2", "9223372036854775807"][n].to_owned())
        }
        ("templates" | "desktops", "home") => of(["kept", "thrown_away", "kept"]),
        ("templates", "audience") => of(["everyone", "groups", "everyone"]),
        ("workers", "state") => of(["live", "draining", "live"]),
        ("desktops", "status") => of(["queued", "stopped", "deleting"]),
        ("desktops", "desired") => of(["running", "stopped", "deleted"]),
        ("jobs", "kind") => of(["desktop.create", "desktop.stop", "image.pull"]),
        ("jobs", "state") => of(["available", "completed", "discarded"]),
        ("jobs", "lease_token") => Some("NULL".to_owned()),
        ("attempts", "outcome") => of(["done", "lost", "cancelled"]),
        ("drift", "kind") => of(["port_in_use", "network_unused", "home_without_desktop"]),
        ("drift", "asked") => of(["adopt", "remove", "forget"]),
        ("audit", "result") => of(["ok", "refused", "failed"]),
        _ => None,
    }
}
