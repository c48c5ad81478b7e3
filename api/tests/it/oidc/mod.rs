//! Signing in with an OpenID provider: a real, certified one, started by each test, and broken by some.

mod failures;
mod people;
mod provider;
