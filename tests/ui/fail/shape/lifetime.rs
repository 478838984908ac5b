use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
struct Person<'a> {
    id: &'a str,
}

fn main() {
    let record = Person { id: "p1" };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
