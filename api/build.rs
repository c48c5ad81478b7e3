//! Rebuilds the crate when the built page changes, since it is embedded into the binary.
//! The folder is made when it is missing: cargo would otherwise call this crate stale at each build.
use std::{env, fs, path::Path};

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| ".".to_owned());
    let dist = Path::new(&root).join("../frontend/dist");
    // A read-only checkout builds all the same: the page then says how to make itself.
    let _ = fs::create_dir_all(&dist);
    println!("cargo:rerun-if-changed={}", dist.display());
    println!("cargo:rerun-if-changed=build.rs");
}
