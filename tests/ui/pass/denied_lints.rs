//! What the derive writes is silent under every lint that a crate may deny.
#![forbid(unsafe_code)]
#![deny(
    warnings,
    future_incompatible,
    let_underscore,
    nonstandard_style,
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility,
    unused,
    absolute_paths_not_starting_with_crate,
    ambiguous_negative_literals,
    dead_code,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    meta_variable_misuse,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    non_ascii_idents,
    redundant_imports,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unused_import_braces,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    clippy::all,
    clippy::nursery,
    clippy::pedantic,
    clippy::absolute_paths,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::clone_on_ref_ptr,
    clippy::default_trait_access,
    clippy::float_cmp_const,
    clippy::indexing_slicing,
    clippy::items_after_statements,
    clippy::missing_docs_in_private_items,
    clippy::missing_inline_in_public_items,
    clippy::missing_trait_methods,
    clippy::min_ident_chars,
    clippy::module_name_repetitions,
    clippy::mod_module_files,
    clippy::panic,
    clippy::pattern_type_mismatch,
    clippy::pub_use,
    clippy::renamed_function_params,
    clippy::shadow_reuse,
    clippy::shadow_same,
    clippy::shadow_unrelated,
    clippy::str_to_string,
    clippy::undocumented_unsafe_blocks,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm
)]

use std::collections::BTreeMap;

use hookwright::WebhookObject;
use serde::Serialize;

/// A record that is sent whole.
#[derive(Debug, Clone, Copy, Serialize, WebhookObject)]
pub struct Plain {
    /// The id.
    pub id: u64,
}

/// A record with a field of each kind.
#[derive(Debug, WebhookObject)]
#[webhook(name = "hiding", events(created, updated, deleted, restored, destroyed))]
pub struct Hiding {
    /// The id.
    #[webhook(id)]
    pub number: u64,
    /// A float, which is compared.
    #[webhook(redact)]
    pub salary: f64,
    /// A field that is not on the wire.
    #[webhook(skip)]
    pub notes: String,
    /// A type that is written by its path.
    #[expect(clippy::absolute_paths, unused_qualifications, reason = "the derive repeats it")]
    #[webhook(redact)]
    pub cells: std::collections::BTreeMap<String, Vec<Option<std::rc::Rc<str>>>>,
}

fn main() -> Result<(), serde_json::Error> {
    let plain = Plain { id: 1 };
    assert_eq!(plain.created().name().to_string(), "plain.created");

    let record = Hiding { number: 1, salary: 1.5, notes: String::new(), cells: BTreeMap::new() };
    assert!(record.notes.is_empty());
    let body = serde_json::to_string(&record.restored())?;
    assert!(body.contains(r#"{"number":1,"salary":"[redacted]","cells":"[redacted]"}"#));
    Ok(())
}
