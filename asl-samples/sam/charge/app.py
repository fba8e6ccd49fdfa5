class CardRefused(Exception):
    pass


def handler(event, context):
    print("charging", event["amount"])
    if event["card"] == "expired":
        raise CardRefused("the card has expired")
    return {"paid": event["amount"]}
