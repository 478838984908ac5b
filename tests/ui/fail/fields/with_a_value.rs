use hookwright::WebhookObject;

#[derive(Clone, serde::Serialize, WebhookObject)]
#[webhook(fields = true)]
struct Person {
    id: String,
}

fn main() {
    let person = Person { id: "p1".to_owned() };
    println!("{}", serde_json::to_string(&person.created()).unwrap());
}
