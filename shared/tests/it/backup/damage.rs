//! Files that are no backup, or no whole one.

use super::{NEW, Scratch, contents, odd, restore, written};
use crate::claims::count;
use berth_shared::backup::file::{Header, Reader, Writer};
use berth_shared::backup::{BackupError, Column, Type, Value};
use berth_shared::testing::TestDb;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::io::{Read as _, Write as _};

async fn a_backup() -> Vec<u8> {
    let source = TestDb::sqlite().await;
    odd::fill(&source.db).await;
    std::fs::read(&*written(&source.db).await).unwrap()
}

fn check(bytes: &[u8]) -> Result<Header, BackupError> {
    Reader::new(bytes)?.check()
}

fn unpacked(bytes: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    text
}

fn packed(text: &str) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

fn said(bytes: &[u8]) -> String {
    check(bytes).unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn any_cut_and_any_flipped_bit_is_noticed() {
    let whole = a_backup().await;
    let header = check(&whole).unwrap();
    for length in (0..whole.len()).step_by(97).chain([whole.len() - 1]) {
        let error = check(&whole[..length]).unwrap_err();
        assert!(matches!(error, BackupError::NoBackup | BackupError::Damaged(_)), "{length}: {error}");
    }
    let (mut noticed, mut tried) = (0, 0);
    // Its head, its tail, and a good part of the middle.
    for at in (0..whole.len()).filter(|at| at % 23 == 0 || *at < 16 || at + 16 > whole.len()) {
        tried += 1;
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        match check(&bytes) {
            Err(BackupError::NoBackup | BackupError::Damaged(_) | BackupError::NewerFormat(_)) => noticed += 1,
            Err(BackupError::NewerSchema { .. }) => noticed += 1,
            Err(other) => panic!("{at}: {other}"),
            // A bit that means nothing: gzip's own time stamp, or what fills up the last byte.
            Ok(same) => assert_eq!(same, header, "{at}"),
        }
    }
    assert!(noticed > tried - 16, "{noticed} of {tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_by_hand_is_found_out_too() {
    let whole = unpacked(&a_backup().await);
    assert!(said(b"").contains("no backup") && said(b"SQLite format 3\0").contains("no backup"));
    assert!(said(&packed("{\"users\":[]}\n")).contains("no backup"));
    assert!(said(&packed("")).contains("no backup"));
    let changed = |from: &str, to: &str| {
        let text = whole.replacen(from, to, 1);
        assert_ne!(text, whole, "{from}");
        said(&packed(&text))
    };
    assert!(changed("{\"berth_backup\":1", "{\"berth_backup\":2").contains("only a newer Berth reads"));
    let schema = format!("\"schema\":{}", berth_shared::store::schema::newest());
    assert!(changed(&schema, "\"schema\":4711").contains("written by a newer Berth"));
    assert!(changed("operator", "director").contains("do not come to the sum"));
    assert!(changed("{\"table\":\"users\"}", "{\"table\":\"user\"}").contains("stands where users begins"));
    assert!(changed("9223372036854775807", "9223372036854775808").contains("damaged"));
    assert!(changed("{\"end\":", "{\"ends\":").contains("last line"));
    assert!(said(&packed(&format!("{whole}more\n"))).contains("something follows"));
    let rows = whole.lines().count();
    let without_one: Vec<&str> =
        whole.lines().enumerate().filter(|(n, _)| *n != rows / 2).map(|(_, line)| line).collect();
    assert!(said(&packed(&(without_one.join("\n") + "\n"))).contains("damaged"));
}

/// Signed with the right sum, so that only what is done with it stands between it and the database.
fn signed(header: &Header, table: &str, columns: &[(&str, Type)], row: &[Value]) -> Scratch {
    let scratch = Scratch::new();
    let columns = columns.iter().map(|(name, of)| Column { name: (*name).to_owned(), of: *of }).collect();
    let head = berth_shared::backup::file::TableHead { name: table.to_owned(), rows: 1, columns };
    let header = Header { tables: vec![head], ..header.clone() };
    let mut writer = Writer::new(std::fs::File::create(&*scratch).unwrap(), &header).unwrap();
    writer.table(table).unwrap();
    writer.row(row).unwrap();
    writer.end().unwrap();
    scratch
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_the_schema_changes_nothing() {
    let header = check(&a_backup().await).unwrap();
    let text = |text: &str| Value::Text(text.to_owned());
    for db in [TestDb::sqlite().await, TestDb::postgres().await] {
        let other = signed(&header, "pg_shadow", &[("id", Type::Text)], &[text("x")]);
        assert!(restore(&db.db, &other, NEW).await.unwrap_err().to_string().contains("a table “pg_shadow”"));
        let column = "id\") VALUES (1); --";
        let other = signed(&header, "groups", &[(column, Type::Text)], &[text("x")]);
        assert!(restore(&db.db, &other, NEW).await.unwrap_err().to_string().contains("has no column"));
        let other = signed(&header, "groups", &[("id", Type::Integer)], &[Value::Integer(1)]);
        assert!(restore(&db.db, &other, NEW).await.unwrap_err().to_string().contains("has no column id"));
        // A rule of the schema, and a reference to nothing.
        let other = signed(&header, "groups", &[("id", Type::Text)], &[text("x")]);
        let error = restore(&db.db, &other, NEW).await.unwrap_err();
        assert!(matches!(&error, BackupError::Refused { table, .. } if table == "groups"), "{error}");
        let columns = [
            ("user_id", Type::Text),
            ("secret", Type::Text),
            ("last_step", Type::Integer),
            ("created_at", Type::Integer),
        ];
        let row = [text("nobody"), text(""), Value::Integer(0), Value::Integer(0)];
        let error = restore(&db.db, &signed(&header, "two_factor", &columns, &row), NEW).await.unwrap_err();
        assert!(matches!(&error, BackupError::Refused { table, .. } if table == "two_factor"), "{error}");
        // Its schema is as it was.
        assert_eq!(count(&db.db, "SELECT count(*) FROM queue_control").await, 1);
        db.db.migrate().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_character_goes_to_sqlite_only_and_that_is_said() {
    let source = TestDb::sqlite().await;
    odd::fill(&source.db).await;
    crate::claims::run(&source.db, "UPDATE users SET display_name = 'a' || char(0) || 'b' WHERE id = 'id0'").await;
    let file = written(&source.db).await;
    assert!(contents(&file)["users"].iter().any(|row| row.contains("a\\u0000b")));
    let (same, other) = (TestDb::sqlite().await, TestDb::postgres().await);
    restore(&same.db, &file, NEW).await.unwrap();
    let error = restore(&other.db, &file, NEW).await.unwrap_err();
    assert!(error.to_string().contains("NUL character"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_is_said() {
    let source = TestDb::sqlite().await;
    odd::fill(&source.db).await;
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let error = berth_shared::backup::write(&source.db, full, None).await.map(|_| ()).unwrap_err();
    let BackupError::Write(why) = error else { panic!("{error}") };
    assert_eq!(why.kind(), std::io::ErrorKind::StorageFull);
    let nowhere = std::path::Path::new("/nowhere/berth.backup");
    assert!(matches!(restore(&source.db, nowhere, NEW).await, Err(BackupError::Read(_))));
}
