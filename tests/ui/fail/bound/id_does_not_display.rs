use hookwright::WebhookObject;

#[derive(serde::Serialize)]
struct Key(u64);

#[derive(serde::Serialize, WebhookObject)]
struct Person {
    id: Key,
}

fn main() {
    let record = Person { id: Key(1) };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
