"""What the product does: answer from documents, route by what was retrieved, erase for real."""
