//! Rebuilds this crate when a migration changes: `embed_migrations!` reads the folder unseen.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
