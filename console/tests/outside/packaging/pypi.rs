//! The compose file, as a reader of YAML has it.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::file;
use crate::pypi::packages;

/// `PyYAML` is what schemathesis reads YAML by.
fn read() -> Value {
    let script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", packages()).args(["-c", script]).arg(file("compose.yaml"));
    let output = python.output().expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn names(value: &Value) -> BTreeSet<&str> {
    let keys = value.as_object().into_iter().flat_map(|map| map.keys().map(String::as_str));
    keys.chain(value.as_array().into_iter().flatten().filter_map(Value::as_str)).collect()
}

#[test]
fn what_a_service_names_is_declared() {
    let compose = read();
    let services = compose["services"].as_object().expect("services");
    let expected = ["console", "dispatcher", "postgres"];
    assert_eq!(names(&compose["services"]), expected.into_iter().collect());
    for (name, service) in services {
        let secrets = names(&service["secrets"]);
        assert!(!secrets.is_empty(), "{name}");
        assert!(secrets.is_subset(&names(&compose["secrets"])), "{name}: {secrets:?}");
        let others = names(&service["depends_on"]);
        assert!(others.is_subset(&names(&compose["services"])), "{name}: {others:?}");
        for value in service["environment"].as_object().expect("an environment").values() {
            let secret = value.as_str().and_then(|value| value.strip_prefix("/run/secrets/"));
            assert!(secret.is_none_or(|secret| secrets.contains(secret)), "{name}: {value}");
        }
    }
}

#[test]
fn there_is_one_console_and_two_dispatchers_beside_it() {
    let services = &read()["services"];
    assert_eq!(services["console"]["command"][0], "serve");
    assert_eq!(services["dispatcher"]["command"][0], "dispatch");
    assert_eq!(services["dispatcher"]["deploy"]["replicas"], 2);
    let database = |name: &str| services[name]["environment"]["HOOKWRIGHT_DATABASE"].clone();
    assert_eq!(database("console"), database("dispatcher"));
}
