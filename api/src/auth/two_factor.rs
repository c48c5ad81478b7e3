//! The second factor: six digits that an app makes from a shared secret and the clock (TOTP, RFC 6238), or one of ten
//! recovery codes. Each is good once. It guards the password; who comes from an OpenID provider proved more there.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use berth_shared::{
    domain::time::Time,
    secrets::SecretKey,
    store::{
        Tx,
        two_factor::{self, TwoFactor},
    },
};
use totp_rs::{Builder, Secret, Totp};

use crate::{problem::ApiError, state::App};

pub const RECOVERY_CODES: usize = 10;
/// What an app shows above the code.
const ISSUER: &str = "Berth";
const DIGITS: usize = 6;
/// Without those that are taken for one another when written down.
const LETTERS: &[u8] = b"23456789abcdefghjkmnpqrstuvwxyz";
const RECOVERY_LENGTH: usize = 12;
const PURPOSE: &str = "two factor";

/// A secret that an app is to be told.
pub struct Enrolment {
    /// In base32, to be typed.
    pub secret: String,
    /// To be shown as a QR code.
    pub uri: String,
}

/// Begins with a new secret, which does not count until a code was made with it. None: one is on already.
pub async fn begin(app: &App, tx: &mut Tx, user_id: &str, username: &str) -> Result<Option<Enrolment>, ApiError> {
    let secret = Secret::from(rand::random::<[u8; 20]>());
    let text = secret.to_base32();
    let builder = Builder::new().with_secret(secret).with_issuer(Some(ISSUER)).with_account_name(username);
    let uri = builder.build().and_then(|totp| totp.to_url()).map_err(|e| ApiError::internal(e.to_string()))?;
    let now = tx.now().await?;
    let begun = two_factor::begin(tx, user_id, &app.key.seal(PURPOSE, user_id, &text), now).await?;
    Ok(begun.then_some(Enrolment { secret: text, uri }))
}

/// Turns it on with a first code; the recovery codes are told this once.
pub async fn confirm(app: &App, tx: &mut Tx, user_id: &str, code: &str) -> Result<Vec<String>, ApiError> {
    let row = two_factor::get(tx, user_id).await?.ok_or(ApiError::TwoFactorNotBegun)?;
    if row.confirmed_at.is_some() {
        return Err(ApiError::TwoFactorOn);
    }
    let now = tx.now().await?;
    if !uses_code(&app.key, tx, &row, &plain(code), now).await? {
        return Err(ApiError::TwoFactorWrong);
    }
    two_factor::confirm(tx, user_id, now).await?;
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
    for code in &codes {
        two_factor::add_recovery_code(tx, user_id, &recovery_hash(&app.key, user_id, &plain(code))).await?;
    }
    Ok(codes)
}

/// Whether a user may go on with this code, and uses it; also without one, when no second factor is on.
pub async fn check(app: &App, tx: &mut Tx, user_id: &str, code: Option<&str>) -> Result<(), ApiError> {
    let Some(row) = two_factor::get(tx, user_id).await?.filter(|row| row.confirmed_at.is_some()) else { return Ok(()) };
    let code = plain(code.filter(|code| !code.trim().is_empty()).ok_or(ApiError::TwoFactorRequired)?);
    let now = tx.now().await?;
    let right = uses_code(&app.key, tx, &row, &code, now).await?
        || two_factor::use_recovery_code(tx, user_id, &recovery_hash(&app.key, user_id, &code), now).await?;
    if right { Ok(()) } else { Err(ApiError::TwoFactorWrong) }
}

/// Whether an app made this code just now, half a minute more or less, and it was not used before.
async fn uses_code(key: &SecretKey, tx: &mut Tx, row: &TwoFactor, code: &str, now: Time) -> Result<bool, ApiError> {
    if code.len() != DIGITS || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(false);
    }
    let totp = totp(key, row)?;
    let seconds = u64::try_from(now.0 / 1_000_000).map_err(ApiError::internal)?;
    let Some(step) = totp.check(code, seconds) else { return Ok(false) };
    Ok(two_factor::use_step(tx, &row.user_id, i64::try_from(step).map_err(ApiError::internal)?).await?)
}

fn totp(key: &SecretKey, row: &TwoFactor) -> Result<Totp, ApiError> {
    let text = key.open(PURPOSE, &row.user_id, &row.secret);
    let text = text.ok_or_else(|| ApiError::internal("a second factor's secret cannot be read with this key"))?;
    let secret = Secret::try_from_base32(&text).map_err(|e| ApiError::internal(e.to_string()))?;
    Builder::new().with_secret(secret).build().map_err(|e| ApiError::internal(e.to_string()))
}

/// As people type it: with spaces and dashes, in capitals.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).take(64).collect::<String>().to_ascii_lowercase()
}

/// Three groups of four letters, some 59 random bits.
fn recovery_code() -> String {
    let letter = || char::from(LETTERS[rand::random_range(0..LETTERS.len())]);
    let text: String = std::iter::repeat_with(letter).take(RECOVERY_LENGTH).collect();
    format!("{}-{}-{}", &text[..4], &text[4..8], &text[8..])
}

/// Under the installation's key, since a code is short enough to be found by trying.
fn recovery_hash(key: &SecretKey, user_id: &str, code: &str) -> String {
    URL_SAFE_NO_PAD.encode(key.derive("recovery code", &[user_id, code]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_type_them() {
        assert_eq!(plain(" 123 456 "), "123456");
        let code = recovery_code();
        assert_eq!(plain(&code.to_uppercase()), plain(&code));
        assert_eq!((plain(&code).len(), code.len()), (RECOVERY_LENGTH, RECOVERY_LENGTH + 2));
        assert_ne!(code, recovery_code());
    }

    #[test]
    fn a_recovery_code_is_its_owners() {
        let key = SecretKey::new(&SecretKey::random_text()).unwrap();
        assert_eq!(recovery_hash(&key, "ada", "x"), recovery_hash(&key, "ada", "x"));
        assert_ne!(recovery_hash(&key, "ada", "x"), recovery_hash(&key, "bob", "x"));
    }
}
