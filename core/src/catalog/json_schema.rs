use super::Catalog;
use super::compiled::{Compiled, Event, Form, PATH};
use super::example;
use super::node::Node;

pub(super) fn write(catalog: &Catalog) -> String {
    let compiled = catalog.compiled(Form::Sent);
    let bodies = compiled.events.iter();
    let bodies: Vec<_> =
        bodies.map(|event| Node::reference(format!("{PATH}{}", event.name))).collect();
    // A choice among nothing would be no schema.
    let bodies =
        if bodies.is_empty() { ("not", Node::map([])) } else { ("oneOf", Node::List(bodies)) };
    let mut definitions: Vec<_> = compiled
        .events
        .iter()
        .map(|event| (event.name.to_string(), body(&compiled, event)))
        .chain(compiled.schemas.iter().map(|(name, schema)| (name.clone(), Node::schema(schema))))
        .collect();
    definitions.sort_by(|left, right| left.0.cmp(&right.0));
    Node::map([
        ("$schema", Node::text("https://json-schema.org/draft/2020-12/schema")),
        ("title", Node::text(&catalog.title)),
        bodies,
        ("$defs", Node::Map(definitions)),
    ])
    .pretty()
}

/// The schema of a body, with what a program that has only this document tells of the event.
fn body(compiled: &Compiled, event: &Event) -> Node {
    let mut keywords = vec![("title".to_owned(), Node::text(event.name.to_string()))];
    if let Node::Map(schema) = Node::schema(&compiled.envelope(event, PATH)) {
        keywords.extend(schema);
    }
    keywords.push(("examples".to_owned(), Node::List(vec![example::body(compiled, event)])));
    Node::Map(keywords)
}
