use super::Catalog;
use super::compiled::{Form, PATH};
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
        .map(|event| (event.name.to_string(), Node::schema(&compiled.envelope(event, PATH))))
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
