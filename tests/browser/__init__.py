"""A real Firefox on the pages: a source's journeys, accessibility, valid HTML, screenshots."""
