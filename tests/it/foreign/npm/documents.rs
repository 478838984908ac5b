//! The documents of a catalogue: by the validators and the compiler that others use.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::super::Tool;
use super::super::packages::install;
use crate::catalog::shapes::{bodies, catalog};

const BODIES: usize = 1000;

static PACKAGES: LazyLock<PathBuf> = LazyLock::new(|| {
    install(
        "npm-documents",
        &[
            "ajv@8.20.0",
            "ajv-formats@3.0.1",
            "@asyncapi/parser@3.6.3",
            "@seriousme/openapi-schema-validator@2.11.0",
            "typescript@5.9.3",
        ],
        "npm",
        &["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"],
    )
});

fn npm() -> Tool {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/foreign/documents.cjs");
    let folder = PACKAGES.join("node_modules");
    let folder = folder.to_str().expect("a path of UTF-8");
    Tool::start("env", &[&format!("NODE_PATH={folder}"), "node", script])
}

fn is_valid(npm: &mut Tool, body: &str) -> bool {
    let answer = npm.ask(&json!({ "task": "body", "body": body }));
    assert!(!answer.is_empty() && !answer.starts_with("error:"), "{answer}: {body}");
    answer == "ok"
}

#[test]
fn ajv_accepts_every_body_by_the_schema_and_no_other() {
    let mut npm = npm();
    let schema = catalog().json_schema();
    assert_eq!(npm.ask(&json!({ "task": "schema", "document": schema })), "ok");
    let bodies = bodies(BODIES);
    assert_eq!(bodies.len(), BODIES);
    for body in &bodies {
        let answer = npm.ask(&json!({ "task": "body", "body": body }));
        assert_eq!(answer, "ok", "{body}");
    }
    for (_, example) in catalog().examples() {
        assert!(is_valid(&mut npm, &example), "{example}");
    }

    let read = |body: &str| serde_json::from_str::<Value>(body).expect("JSON");
    let mut refuse = |mut body: Value, pointer: &str, value: Option<Value>| {
        assert!(is_valid(&mut npm, &body.to_string()), "{body}");
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let parent = body.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
        match value {
            Some(value) => parent.insert(name.to_owned(), value),
            None => parent.remove(name),
        };
        assert!(!is_valid(&mut npm, &body.to_string()), "{pointer}: {body}");
    };
    // Of a contact that is new, of two that were merged, and of one whose changes are known.
    let (created, merged) = (read(&bodies[0]), read(&bodies[5]));
    let updated = bodies.iter().find(|body| body.contains("updatedFields")).expect("an update");
    let updated = read(updated);
    for name in ["event", "data", "timestamp", "data/id", "data/fullName", "data/stage"] {
        refuse(created.clone(), &format!("/{name}"), None);
    }
    for (pointer, value) in [
        ("/event", json!("contact.forgotten")),
        ("/event", json!("contact.merged")),
        ("/timestamp", json!("yesterday")),
        ("/data/id", json!("7")),
        ("/data/id", json!(-7)),
        ("/data/iban", json!("DE02120300000000202051")),
        ("/data/kind", json!("Stranger")),
        ("/data/createdAt", json!(7)),
        ("/data/stage", json!("Lost")),
        ("/data/origin", json!({ "via": "Rumour", "name": "Alice", "next": null })),
        ("/data/origin", json!({ "name": "Alice", "next": null })),
        ("/data/offices", json!({ "7": { "city": 7, "lines": [] } })),
        ("/data/offices", json!({ "first": { "city": "Oslo", "lines": [] } })),
    ] {
        refuse(created.clone(), pointer, Some(value));
    }
    refuse(merged, "/data/reason", Some(json!("it was Alice")));
    refuse(updated.clone(), "/previous/fullName", Some(json!(7)));
    refuse(updated, "/updatedFields", Some(json!("fullName")));
}

#[test]
fn ajv_accepts_every_body_by_the_schemas_in_the_other_documents() {
    let mut npm = npm();
    let catalog = catalog();
    let bodies = bodies(200);
    for document in [catalog.asyncapi(), catalog.openapi()] {
        assert_eq!(npm.ask(&json!({ "task": "schemas", "document": document })), "ok");
        for body in &bodies {
            assert!(is_valid(&mut npm, body), "{body}");
        }
        assert!(!is_valid(&mut npm, &bodies[0].replacen("\"id\":", "\"id\":-", 1)));
    }
}

#[test]
fn the_parser_of_asyncapi_finds_nothing_wrong() {
    let mut npm = npm();
    let document = catalog().asyncapi();
    assert_eq!(npm.ask(&json!({ "task": "asyncapi", "document": document })), "ok");
    let example = hookwright_examples::model::catalog().asyncapi();
    assert_eq!(npm.ask(&json!({ "task": "asyncapi", "document": example })), "ok");
    // It does look: a reference to nothing, a schema that is none.
    let broken = document.replacen("#/components/schemas/contact\"", "#/components/schemas/x\"", 1);
    assert_ne!(npm.ask(&json!({ "task": "asyncapi", "document": broken })), "ok");
    let broken = document.replacen(r#""type": "integer""#, r#""type": "digits""#, 1);
    assert_ne!(npm.ask(&json!({ "task": "asyncapi", "document": broken })), "ok");
}

#[test]
fn the_validator_of_openapi_finds_nothing_wrong() {
    let mut npm = npm();
    let document = catalog().openapi();
    assert_eq!(npm.ask(&json!({ "task": "openapi", "document": document })), "ok");
    let example = hookwright_examples::model::catalog().openapi();
    assert_eq!(npm.ask(&json!({ "task": "openapi", "document": example })), "ok");
    let broken = document.replacen("\"2XX\"", "\"all\"", 1);
    assert_ne!(npm.ask(&json!({ "task": "openapi", "document": broken })), "ok");
}

/// Whether the compiler takes a program beside the declarations, and what it says.
fn compile(name: &str, program: &str) -> (bool, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("webhooks.ts"), catalog().typescript()).expect("a file");
    std::fs::write(folder.join("program.ts"), program).expect("a file");
    let output = Command::new("node")
        .arg(PACKAGES.join("node_modules/typescript/bin/tsc"))
        .args(["--strict", "--noEmit", "--exactOptionalPropertyTypes", "--target", "es2022"])
        .arg("program.ts")
        .current_dir(&folder)
        .output()
        .expect("the compiler runs");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn tsc_takes_a_program_that_handles_every_event() {
    let (is_right, errors) = compile("declarations", include_str!("../../../foreign/program.ts"));
    assert!(is_right, "{errors}");
}

#[test]
fn tsc_takes_every_example_as_a_value_of_its_type() {
    let examples = catalog().examples();
    let bodies: Vec<_> = examples.into_iter().map(|(_, body)| body).collect();
    let program = format!(
        "import type {{ WebhookEvent }} from \"./webhooks\";\nexport const bodies: WebhookEvent[] = [{}];\n",
        bodies.join(",\n")
    );
    let (is_right, errors) = compile("example-values", &program);
    assert!(is_right, "{errors}");
}

#[test]
fn tsc_refuses_a_program_that_forgets_an_event() {
    let program = include_str!("../../../foreign/program.ts");
    let forgets = program.replace("case \"contact.merged\":", "");
    assert_ne!(forgets, program);
    let (is_right, errors) = compile("forgetful", &forgets);
    assert!(!is_right && errors.contains("never"), "{errors}");
}
