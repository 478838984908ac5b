use super::Catalog;
use super::compiled::{Compiled, Event, Form};
use super::example;
use super::names::pascal_case;
use super::node::Node;

const PATH: &str = "#/components/schemas/";

/// The headers that every request has, whatever its endpoint's settings are.
pub(super) const HEADERS: [(&str, &str); 2] = [
    ("webhook-id", "What tells the event from all others, the same at each attempt to deliver it."),
    ("webhook-attempt", "The number of the attempt, from 1."),
];

pub(super) fn write(catalog: &Catalog) -> String {
    let compiled = catalog.compiled(Form::Sent).under(PATH);
    let webhooks = compiled.events.iter().map(|event| {
        let item = Node::map([("post", operation(&compiled, event))]);
        (event.name.to_string(), item)
    });
    let mut schemas: Vec<_> = compiled
        .events
        .iter()
        .map(|event| (event.name.to_string(), Node::schema(&compiled.envelope(event, PATH))))
        .chain(compiled.schemas.iter().map(|(name, schema)| (name.clone(), Node::schema(schema))))
        .collect();
    schemas.sort_by(|left, right| left.0.cmp(&right.0));
    Node::map([
        ("openapi", Node::text("3.1.0")),
        ("info", info(catalog)),
        ("webhooks", Node::Map(webhooks.collect())),
        ("components", Node::map([("schemas", Node::Map(schemas))])),
    ])
    .pretty()
}

pub(super) fn info(catalog: &Catalog) -> Node {
    Node::map([("title", Node::text(&catalog.title)), ("version", Node::text(&catalog.version))])
}

fn operation(compiled: &Compiled, event: &Event) -> Node {
    let name = event.name.to_string();
    let mut operation = vec![("operationId", Node::text(pascal_case(&name)))];
    if let Some(summary) = compiled.summary(event) {
        operation.push(("summary", Node::text(summary)));
    }
    let parameters = HEADERS.map(|(name, description)| {
        Node::map([
            ("name", Node::text(name)),
            ("in", Node::text("header")),
            ("description", Node::text(description)),
            ("required", Node::Scalar(true.into())),
            ("schema", Node::map([("type", Node::text("string"))])),
        ])
    });
    let media = Node::map([
        ("schema", Node::reference(format!("{PATH}{name}"))),
        ("example", example::body(compiled, event)),
    ]);
    let body = Node::map([
        ("required", Node::Scalar(true.into())),
        ("content", Node::map([("application/json", media)])),
    ]);
    let answer = "Received. Any other answer, and the event is sent again.";
    let answers = Node::map([("2XX", Node::map([("description", Node::text(answer))]))]);
    operation.push(("parameters", Node::List(parameters.into())));
    operation.push(("requestBody", body));
    operation.push(("responses", answers));
    Node::map(operation)
}
