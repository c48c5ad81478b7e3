//! Makes whom a provider vouches for a user here: found by the provider's subject, or linked by name where the settings allow
//! it, or new. Roles follow the provider's groups at each sign-in, where they are set.
use std::net::IpAddr;

use berth_shared::{
    config::OidcProvider,
    domain::{
        audit::Action,
        names,
        time::Time,
        user::{Role, username_key},
    },
    store::{
        StoreError, Tx,
        audit::Target,
        identities,
        users::{self, User},
    },
};

use super::{OidcError, person::Person};
use crate::{
    auth::sessions::{self, Origin, Tokens},
    problem::ApiError,
    retry::retrying,
    state::App,
    trail::Trail,
};

const PURPOSE: &str = "id token";
/// Longer ones are not kept: they have to fit into an address when the log-in ends.
const LONGEST_ID_TOKEN: usize = 4096;
/// Somebody's first two sign-ins at once make one user, and the other one finds them.
const TRIES: usize = 3;

enum Outcome {
    SignedIn(Box<User>, Tokens),
    NameTaken,
    ShutOut,
    /// Another sign-in has just made what this one was to make.
    Again,
}

/// Signs a person in.
pub async fn sign_in(
    app: &App,
    settings: &OidcProvider,
    (person, id_token): (&Person, &str),
    (device, address): (&str, IpAddr),
    trail: &Trail,
) -> Result<(User, Tokens), OidcError> {
    let key = username_key(&person.username).map_err(OidcError::failed)?;
    for _ in 0..TRIES {
        let outcome = retrying(|| async {
            let mut tx = app.db.begin().await?;
            let user = match user(&mut tx, settings, person, &key, trail).await? {
                Ok(user) => user,
                Err(outcome) => return Ok(outcome),
            };
            let sealed = app.key.seal(PURPOSE, &user.id, id_token);
            let id_token = (id_token.len() <= LONGEST_ID_TOKEN).then_some(sealed);
            let origin = Some(Origin { provider: settings.id.clone(), id_token });
            let tokens = sessions::begin_from(app, &mut tx, &user, device.to_owned(), address, origin).await?;
            let detail = format!("With {device}, through {}.", settings.id);
            trail.clone().by(&user).did(&mut tx, Action::SignIn, Target::user(&user), &detail).await?;
            tx.commit().await?;
            Ok(Outcome::SignedIn(Box::new(user), tokens))
        })
        .await?;
        match outcome {
            Outcome::SignedIn(user, tokens) => return Ok((*user, tokens)),
            Outcome::NameTaken => return Err(OidcError::UsernameTaken(person.username.clone())),
            Outcome::ShutOut => return Err(OidcError::NotAllowed(person.username.clone())),
            Outcome::Again => {}
        }
    }
    Err(OidcError::failed("too many sign-ins of one person at once"))
}

/// What names a log-in at its provider.
pub fn id_token(app: &App, user_id: &str, sealed: Option<&str>) -> Option<String> {
    app.key.open(PURPOSE, user_id, sealed?)
}

/// The user, found or made, with the role that they have from now on.
async fn user(
    tx: &mut Tx,
    settings: &OidcProvider,
    person: &Person,
    key: &str,
    trail: &Trail,
) -> Result<Result<User, Outcome>, ApiError> {
    let now = tx.now().await?;
    let known = identities::user_id(tx, &settings.id, &person.subject).await?;
    let named = if known.is_none() { users::by_key(tx, key).await? } else { None };
    match (known, named) {
        (Some(user_id), _) => follow(tx, &user_id, person.role, trail).await,
        (None, Some(_)) if !settings.link_by_username => Ok(Err(Outcome::NameTaken)),
        // Whoever had the name at the provider before them: it was given away again there, and is not here.
        (None, Some(user)) if identities::providers_of(tx, &user.id).await?.contains(&settings.id) => {
            Ok(Err(Outcome::NameTaken))
        }
        (None, Some(user)) => {
            if let Some(again) = refused(identities::link(tx, &settings.id, &person.subject, &user.id, now).await)? {
                return Ok(Err(again));
            }
            let detail = format!("To a user of {}.", settings.id);
            trail.clone().by(&user).did(tx, Action::OidcLink, Target::user(&user), &detail).await?;
            tracing::info!(username = user.username, provider = settings.id, "linked to a provider's user");
            follow(tx, &user.id, person.role, trail).await
        }
        (None, None) => {
            let user = new_user(person, now);
            if let Some(again) = refused(users::insert(tx, &user, key).await)? {
                return Ok(Err(again));
            }
            if let Some(again) = refused(identities::link(tx, &settings.id, &person.subject, &user.id, now).await)? {
                return Ok(Err(again));
            }
            let detail = format!("Role: {}. By signing in through {}.", user.role, settings.id);
            trail.clone().by(&user).did(tx, Action::UserCreate, Target::user(&user), &detail).await?;
            tracing::info!(username = user.username, provider = settings.id, "user made");
            Ok(Ok(user))
        }
    }
}

fn refused(written: Result<(), StoreError>) -> Result<Option<Outcome>, ApiError> {
    match written {
        Err(StoreError::Constraint(..)) => Ok(Some(Outcome::Again)),
        other => Ok(other.map(|()| None)?),
    }
}

fn new_user(person: &Person, now: Time) -> User {
    User {
        display_name: names::checked(&person.display_name).unwrap_or_else(|_| person.username.clone()),
        ..User::new(&person.username, person.role.unwrap_or(Role::User), now)
    }
}

/// Gives a user the role that the provider says. Who has less than before is signed out everywhere else.
async fn follow(
    tx: &mut Tx,
    user_id: &str,
    role: Option<Role>,
    trail: &Trail,
) -> Result<Result<User, Outcome>, ApiError> {
    // Before the user's own row: everybody takes these locks in this order.
    let other_admins = if role.is_some() { users::other_admins(tx, user_id).await? } else { 0 };
    let Some(mut user) = users::lock(tx, user_id).await?.filter(|user| user.disabled_at.is_none()) else {
        return Ok(Err(Outcome::ShutOut));
    };
    let Some(role) = role.filter(|role| *role != user.role) else { return Ok(Ok(user)) };
    if user.role == Role::Admin && other_admins == 0 {
        tracing::warn!(username = user.username, %role, "the last administrator stays one, whatever the provider says");
        return Ok(Ok(user));
    }
    let loses_rights = role.rank() < user.role.rank();
    tracing::info!(username = user.username, before = %user.role, after = %role, "role changed by the provider's groups");
    let detail = format!("From {} to {role}, by the provider's groups.", user.role);
    user.role = role;
    users::update(tx, &user).await?;
    trail.clone().by(&user).did(tx, Action::RoleChange, Target::user(&user), &detail).await?;
    if loses_rights {
        sessions::end_all(tx, &user.id, None).await?;
        user = users::get(tx, &user.id).await?.ok_or(ApiError::NotFound)?;
    }
    Ok(Ok(user))
}
