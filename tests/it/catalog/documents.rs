//! What stands in the documents.

use hookwright::schemars::JsonSchema;
use hookwright::{Catalog, ReadEvent, WebhookEvent, WebhookObject, emits};
use serde::Serialize;
use serde_json::json;

use super::lock::write;
use super::schema;
use super::shapes::{ContactEvent, Origin, Stage, catalog};

#[test]
fn the_events_are_those_that_the_types_declare() {
    let names: Vec<_> = catalog().names().map(|name| name.to_string()).collect();
    assert_eq!(
        names,
        [
            "contact.created",
            "contact.updated",
            "contact.deleted",
            "contact.restored",
            "contact.destroyed",
            "contact.merged",
            "workspace.suspended",
        ]
    );
    let schema = schema(&catalog());
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["oneOf"].as_array().map(Vec::len), Some(7));
    for name in names {
        assert_eq!(schema["$defs"][&name]["properties"]["event"], json!({ "const": name }));
    }
}

#[test]
fn the_schema_alone_tells_each_event_s_name_description_and_example() {
    let catalog = catalog();
    let schema = schema(&catalog);
    let bodies = schema["oneOf"].as_array().expect("a choice").iter().map(|one| {
        let path = one["$ref"].as_str().and_then(|path| path.strip_prefix('#'));
        schema.pointer(path.expect("a reference")).expect("it is there")
    });
    let told: Vec<_> = bodies
        .map(|body| {
            assert_eq!(body["examples"].as_array().map(Vec::len), Some(1));
            (body["title"].clone(), body["examples"][0].clone())
        })
        .collect();
    let expected: Vec<_> = catalog
        .examples()
        .into_iter()
        .map(|(name, body)| (json!(name.to_string()), serde_json::from_str(&body).expect("JSON")))
        .collect();
    assert_eq!(told, expected);
    for (name, description) in [
        ("contact.created", "A contact."),
        ("contact.merged", "Two contacts became one."),
        ("workspace.suspended", "Nothing works any more."),
    ] {
        assert_eq!(schema["$defs"][name]["description"], description);
    }
}

#[test]
fn skipped_members_are_absent_and_redacted_ones_marked_in_every_document() {
    let catalog = catalog();
    for document in [
        catalog.json_schema(),
        catalog.asyncapi(),
        catalog.openapi(),
        catalog.typescript(),
        catalog.markdown(),
    ] {
        for absent in ["internalNotes", "internal_notes", "salary", "Secret"] {
            assert!(!document.contains(absent), "{absent}: {document}");
        }
        assert!(document.contains("[redacted]"), "{document}");
    }
    let contact = &schema(&catalog)["$defs"]["contact"];
    assert_eq!(
        contact["properties"]["iban"],
        json!({ "type": "string", "const": "[redacted]", "description": "Redacted: the value is not sent." })
    );
    let merged = &schema(&catalog)["$defs"]["contact.merged.data"];
    assert_eq!(merged["properties"]["reason"]["const"], "[redacted]");
}

#[test]
fn serde_s_attributes_are_obeyed_and_doc_comments_are_descriptions() {
    let contact = &schema(&catalog())["$defs"]["contact"];
    assert_eq!(contact["properties"]["fullName"]["description"], "The name | of the contact.");
    assert!(contact["description"].as_str().expect("a text").starts_with("A contact.\n"));
    let required = contact["required"].as_array().expect("a list");
    for (name, is_required) in
        [("e-mail", true), ("jobTitle", false), ("createdBy", true), ("iban", true)]
    {
        assert!(contact["properties"][name].is_object(), "{name}");
        assert_eq!(required.contains(&json!(name)), is_required, "{name}");
    }
}

#[test]
fn fields_are_the_members_of_the_data() {
    let fields = catalog().fields("contact");
    for name in ["id", "fullName", "e-mail", "jobTitle", "createdBy", "iban", "stage", "amount"] {
        assert!(fields.iter().any(|field| field == name), "{name}: {fields:?}");
    }
    assert!(!fields.iter().any(|field| field == "internalNotes"));
    assert!(catalog().fields("workspace").is_empty());
    assert!(catalog().fields("nothing").is_empty());
}

#[test]
fn a_tagged_enum_of_types_keeps_its_tag_and_a_map_by_numbers_its_type() {
    let catalog = catalog();
    let variant = &schema(&catalog)["$defs"]["Origin"]["oneOf"][0];
    assert_eq!(variant["properties"]["via"]["const"], "Link");
    assert_eq!(variant["allOf"], json!([{ "$ref": "#/$defs/Link" }]));
    assert!(variant.get("$ref").is_none());
    let declarations = catalog.typescript();
    assert!(declarations.contains("  via: \"Link\";\n} & Link"), "{declarations}");
    assert!(declarations.contains("offices: Record<string, Address>;"), "{declarations}");
    let page = catalog.markdown();
    assert!(page.contains("object of `via` (`\"Link\"`) and [Link](#link)"), "{page}");
    assert!(page.contains("| `offices` | map to [Address](#address) |"), "{page}");
    let (_, body) = catalog.examples().remove(0);
    assert!(body.contains(r#""origin":{"via":"Link","name":"#), "{body}");
    assert!(body.contains(r#""offices":{"12":{"city":"city","#), "{body}");
}

#[test]
fn types_that_are_flattened_are_told_together() {
    #[derive(Serialize, WebhookObject, JsonSchema)]
    struct Deal {
        id: u8,
        #[serde(flatten)]
        stage: Stage,
        #[serde(flatten)]
        origin: Origin,
    }

    let catalog = Catalog::new().object::<Deal>();
    assert_eq!(
        catalog.fields("deal"),
        ["id", "stage", "amount", "via", "name", "next", "city", "lines"]
    );
    let page = catalog.markdown();
    let either = r#"(object of `stage` (`"New"`) or object of `stage` (`"Won"`), `amount`)"#;
    assert!(
        page.contains(&format!("\nAnd the members of {either} and (object of `via`")),
        "{page}"
    );
}

#[test]
fn the_same_catalogue_writes_the_same_bytes() {
    let (one, other) = (catalog(), catalog());
    assert_eq!(one.json_schema(), other.json_schema());
    assert_eq!(one.asyncapi(), other.asyncapi());
    assert_eq!(one.openapi(), other.openapi());
    assert_eq!(one.typescript(), other.typescript());
    assert_eq!(one.markdown(), other.markdown());
}

#[test]
fn each_event_has_an_example_that_receivers_read() {
    let examples = catalog().examples();
    assert_eq!(examples.len(), 7);
    for (name, body) in examples {
        let event = ContactEvent::from_body(body.as_bytes()).unwrap_or_else(|error| {
            panic!("{error}: {body}");
        });
        assert!(!matches!(event, ContactEvent::Other(_)), "{body}");
        assert_eq!(event.name(), &name);
        if name.operation() == "updated" {
            assert!(body.contains(r#""previous":{"fullName":"old fullName"}"#), "{body}");
        }
    }
}

#[test]
fn an_example_of_the_type_is_the_example() {
    /// With a value of its own.
    #[derive(Serialize, WebhookObject, JsonSchema)]
    struct Code {
        id: u8,
        #[schemars(example = &"AB-12", regex(pattern = "^[A-Z]{2}-[0-9]{2}$"))]
        code: String,
    }
    let (_, body) = Catalog::new().object::<Code>().examples().remove(0);
    assert!(body.contains(r#""data":{"id":12,"code":"AB-12"}"#), "{body}");
}

#[test]
fn an_object_that_is_written_by_hand_names_its_operations() {
    #[derive(JsonSchema)]
    #[allow(dead_code)]
    struct Ticket {
        id: u8,
    }

    impl WebhookObject for Ticket {
        const NAME: &'static str = "ticket";
        const OPERATIONS: &'static [&'static str] = &["restored"];

        fn object_id(&self) -> &dyn std::fmt::Display {
            &self.id
        }

        fn serialize_data<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            [("id", self.id)]
                .into_iter()
                .collect::<std::collections::BTreeMap<_, _>>()
                .serialize(serializer)
        }
    }

    impl emits::Restored for Ticket {}

    let names: Vec<_> = Catalog::new().object::<Ticket>().names().map(|n| n.to_string()).collect();
    assert_eq!(names, ["ticket.restored"]);
}

#[test]
fn a_type_in_data_keeps_what_its_own_events_skip_and_names_that_meet_are_told_apart() {
    #[derive(Serialize, WebhookObject, JsonSchema)]
    struct Owner {
        id: u8,
        #[webhook(skip)]
        notes: String,
    }

    #[derive(Serialize, WebhookObject, JsonSchema)]
    #[webhook(name = "Owner")]
    struct Account {
        id: u8,
        owner: Owner,
    }

    let schema = schema(&Catalog::new().object::<Account>().object::<Owner>());
    assert_eq!(schema["$defs"]["Owner"]["properties"]["owner"]["$ref"], "#/$defs/Owner2");
    assert!(schema["$defs"]["Owner2"]["properties"]["notes"].is_object());
    assert!(schema["$defs"]["owner"]["properties"]["notes"].is_null());
}

#[test]
fn an_event_without_data_carries_an_empty_object() {
    #[derive(Serialize, WebhookEvent, JsonSchema)]
    #[webhook(name = "workspace.suspended")]
    struct Suspended;

    let catalog = Catalog::new().event::<Suspended>();
    assert_eq!(schema(&catalog)["$defs"]["workspace.suspended.data"], json!({ "type": "object" }));
    assert!(catalog.examples()[0].1.contains(r#""data":{},"#));
}

#[test]
fn an_empty_catalogue_writes_documents_of_nothing() {
    assert!(Catalog::new().typescript().contains("never"));
    assert_eq!(schema(&Catalog::new())["not"], json!({}));
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Pay {
    salary: u32,
    bank: Bank,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Bank {
    iban: String,
}

#[derive(PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Passport {
    passport_number: String,
    place: Place,
}

#[derive(PartialEq, Serialize, JsonSchema)]
pub(super) struct Place {
    city: String,
}

#[derive(Serialize, WebhookObject, JsonSchema)]
pub(super) struct Worker {
    id: u8,
    #[webhook(skip)]
    pay: Pay,
    #[webhook(redact)]
    passport: Passport,
    // A name that is a keyword's too.
    default: Place,
}

#[test]
fn the_types_of_what_is_hidden_are_hidden_but_where_others_hold_them() {
    let catalog = Catalog::new().object::<Worker>();
    let lock = std::fs::read_to_string(write("hidden-types", "hidden")).expect("a lock");
    let documents = [
        catalog.json_schema(),
        catalog.asyncapi(),
        catalog.openapi(),
        catalog.typescript(),
        catalog.markdown(),
    ];
    for document in documents.iter().chain([&lock]) {
        for hidden in ["Pay", "salary", "Bank", "iban", "Passport", "passportNumber"] {
            assert!(!document.contains(hidden), "{hidden}: {document}");
        }
        assert!(document.contains("Place") && document.contains("city"), "{document}");
    }
}
