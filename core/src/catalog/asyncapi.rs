use super::Catalog;
use super::compiled::Form;
use super::example;
use super::node::Node;
use super::openapi::{HEADERS, info};

const PATH: &str = "#/components/schemas/";

pub(super) fn write(catalog: &Catalog) -> String {
    let compiled = catalog.compiled(Form::Draft7).under(PATH);
    let names = || compiled.events.iter().map(|event| event.name.to_string());
    let headers = HEADERS.map(|(name, description)| {
        let text = Node::text("string");
        (name, Node::map([("type", text), ("description", Node::text(description))]))
    });
    let messages = compiled.events.iter().map(|event| {
        let name = event.name.to_string();
        let mut message =
            vec![("name".to_owned(), Node::text(&name)), ("title".to_owned(), Node::text(&name))];
        if let Some(summary) = compiled.summary(event) {
            message.push(("summary".to_owned(), Node::text(summary)));
        }
        let body = example::body(&compiled, event);
        let rest = [
            ("contentType", Node::text("application/json")),
            ("headers", Node::reference("#/components/schemas/request-headers")),
            ("payload", Node::reference(format!("{PATH}{name}"))),
            ("examples", Node::List(vec![Node::map([("payload", body)])])),
        ];
        message.extend(rest.map(|(name, node)| (name.to_owned(), node)));
        (name, Node::Map(message))
    });
    let mut schemas: Vec<_> = compiled
        .events
        .iter()
        .map(|event| (event.name.to_string(), Node::schema(&compiled.envelope(event, PATH))))
        .chain(compiled.schemas.iter().map(|(name, schema)| (name.clone(), Node::schema(schema))))
        .collect();
    schemas.sort_by(|left, right| left.0.cmp(&right.0));
    let headers = Node::map([("type", Node::text("object")), ("properties", Node::map(headers))]);
    schemas.insert(0, ("request-headers".to_owned(), headers));

    let of_channel = |name: String| {
        let reference = Node::reference(format!("#/components/messages/{name}"));
        (name, reference)
    };
    let of_operation = |name| Node::reference(format!("#/channels/webhooks/messages/{name}"));
    let channel = Node::map([
        ("description", Node::text("The URL of an endpoint, to which each event is posted.")),
        ("messages", Node::Map(names().map(of_channel).collect())),
    ]);
    let operation = Node::map([
        ("action", Node::text("send")),
        ("channel", Node::reference("#/channels/webhooks")),
        ("messages", Node::List(names().map(of_operation).collect())),
    ]);
    Node::map([
        ("asyncapi", Node::text("3.0.0")),
        ("info", info(catalog)),
        ("defaultContentType", Node::text("application/json")),
        ("channels", Node::map([("webhooks", channel)])),
        ("operations", Node::map([("sendEvent", operation)])),
        (
            "components",
            Node::map([
                ("messages", Node::Map(messages.collect())),
                ("schemas", Node::Map(schemas)),
            ]),
        ),
    ])
    .pretty()
}
