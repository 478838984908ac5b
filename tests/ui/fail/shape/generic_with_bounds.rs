use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
struct Person<S: ToString, T = String>
where
    T: Clone,
{
    id: S,
    email: T,
}

fn main() {
    let record = Person { id: 1, email: String::new() };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
