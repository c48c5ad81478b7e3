//! `berth admin create-user` and `reset-password`.

use crate::open;
use anyhow::Context as _;
use berth_shared::config::{Settings, flags};
use berth_shared::domain::user::{Role, username_key};
use berth_shared::domain::{names, new_id};
use berth_shared::events::{self, Kind};
use berth_shared::secrets::SecretKey;
use berth_shared::store::users::{self, User};
use berth_shared::store::{StoreError, sessions};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::io::{IsTerminal as _, Read as _};

pub(super) fn commands() -> [Command; 2] {
    let user = || Arg::new("username").required(true).value_name("USERNAME").help("The name they sign in with");
    let password = || {
        Arg::new("password-stdin")
            .long("password-stdin")
            .action(ArgAction::SetTrue)
            .help("Read the password from standard input instead of making one")
    };
    let create = Command::new("create-user")
        .about("Makes a user and prints their password")
        .arg(user())
        .arg(password())
        .arg(Arg::new("role").long("role").value_name("ROLE").default_value("user").help("user, operator or admin"))
        .arg(Arg::new("display-name").long("display-name").value_name("NAME").help("The name that others see"));
    let reset = Command::new("reset-password")
        .about("Gives a user a new password, prints it, and signs them out everywhere")
        .arg(user())
        .arg(password());
    [create, reset].map(flags)
}

/// From standard input when asked, else at random; and whether it is to be printed.
fn password(matches: &ArgMatches, username: &str) -> anyhow::Result<(String, bool)> {
    if !matches.get_flag("password-stdin") {
        return Ok((SecretKey::random_text()[..16].to_owned(), true));
    }
    let mut text = String::new();
    if std::io::stdin().is_terminal() {
        eprintln!("Password, then Ctrl+D:");
    }
    std::io::stdin().take(4096).read_to_string(&mut text).context("the password cannot be read")?;
    let text = text.trim_end_matches(['\n', '\r']).to_owned();
    if let Some(fault) = berth_api::auth::password::fault("password", &text, username) {
        anyhow::bail!("the password {}", fault.message);
    }
    Ok((text, false))
}

pub(super) async fn create_user(matches: &ArgMatches, settings: &Settings) -> anyhow::Result<()> {
    let username: &String = matches.get_one("username").context("a username")?;
    let key = username_key(username).map_err(anyhow::Error::msg)?;
    let role = matches.get_one::<String>("role").cloned().unwrap_or_default();
    let role = Role::try_from(role).map_err(|e| anyhow::anyhow!("“{}” is no role: user, operator or admin", e.word))?;
    let display_name = matches.get_one::<String>("display-name").unwrap_or(username);
    let display_name = names::checked(display_name).map_err(anyhow::Error::msg)?;
    let (password, print) = password(matches, username)?;
    let opened = open::open(settings, false).await?;
    let mut tx = opened.db.begin().await?;
    let user = User {
        id: new_id(),
        username: username.clone(),
        display_name,
        role,
        password_hash: Some(berth_api::auth::password::hash(&password)?),
        disabled_at: None,
        session_version: 0,
        max_desktops: None,
        start_limits: None,
        created_at: tx.now().await?,
        last_seen_at: None,
    };
    match users::insert(&mut tx, &user, &key).await {
        Err(error @ StoreError::Constraint(..)) if error.violates("users_username_taken", "users.username_key") => {
            anyhow::bail!("there is a user “{username}” already")
        }
        other => other?,
    }
    tx.commit().await?;
    tell(username, &password, print);
    Ok(())
}

pub(super) async fn reset_password(matches: &ArgMatches, settings: &Settings) -> anyhow::Result<()> {
    let username: &String = matches.get_one("username").context("a username")?;
    let key = username_key(username).map_err(anyhow::Error::msg)?;
    let (password, print) = password(matches, username)?;
    let opened = open::open(settings, false).await?;
    let mut tx = opened.db.begin().await?;
    let found = users::by_key(&mut tx, &key).await?;
    let mut user = found.with_context(|| format!("there is no user “{username}”"))?;
    user.password_hash = Some(berth_api::auth::password::hash(&password)?);
    users::update(&mut tx, &user).await?;
    sessions::end_all(&mut tx, &user.id, None).await?;
    let now = tx.now().await?;
    events::append(&mut tx, &user.id, Kind::SignedOut, r#"{"sessions":null}"#, now).await?;
    tx.commit().await?;
    tell(username, &password, print);
    Ok(())
}

#[allow(clippy::print_stdout)] // the answer of the command
fn tell(username: &str, password: &str, print: bool) {
    if print {
        println!("Username  {username}\nPassword  {password}");
    } else {
        println!("Username  {username}");
    }
}
