use hookwright::WebhookObject;

#[derive(Clone, serde::Serialize, WebhookObject)]
#[webhook(fields)]
struct Person {
    id: String,
    #[webhook(skip)]
    notes: String,
}

fn main() {
    let person = Person { id: "p1".to_owned(), notes: String::new() };
    println!("{}", person.created().changed(Person::NOTES));
}
