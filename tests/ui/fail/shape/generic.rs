use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
struct Person<T> {
    id: T,
}

fn main() {
    let record = Person { id: 1 };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
