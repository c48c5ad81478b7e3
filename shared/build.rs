//! Makes cargo look at the migrations again when one was added.
fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
